namespace Mesh.Training.Models;

/// <summary>What a trainer says about its model: <c>model_card.json</c>, <c>mesh.modelcard/v1</c>.</summary>
public sealed record ModelCard
{
    /// <summary>The contract's name and version.</summary>
    public const string SchemaName = "mesh.modelcard/v1";

    /// <summary>Always <see cref="SchemaName"/>.</summary>
    public string Schema { get; init; } = SchemaName;

    /// <summary>Name of the model.</summary>
    public required string Name { get; init; }

    /// <summary>The job that was run.</summary>
    public required string JobId { get; init; }

    /// <summary>Data that was really read.</summary>
    public required IReadOnlyList<ModelCardInput> Inputs { get; init; }

    /// <summary>Hyperparameters as used, defaults included.</summary>
    public IReadOnlyDictionary<string, string> Hyperparameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Results on held-out data; gates look here.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>What trained it.</summary>
    public string Framework { get; init; } = "";

    /// <summary>What it ran on.</summary>
    public string Device { get; init; } = "";

    /// <summary>Seed of everything random.</summary>
    public long Seed { get; init; }

    /// <summary>Duration of the training.</summary>
    public double TrainSeconds { get; init; }

    /// <summary>Files of the result; <c>model/model.onnx</c> must be among them.</summary>
    public required IReadOnlyList<ModelArtifact> Artifacts { get; init; }
}

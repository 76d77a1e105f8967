namespace Mesh.Training.Tracking;

/// <summary>A data set that a run read, in MLflow's words.</summary>
public sealed record RunInput
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Digest of its content, as the client computed it.</summary>
    public required string Digest { get; init; }

    /// <summary>What kind of source it has.</summary>
    public string SourceType { get; init; } = "";

    /// <summary>The source.</summary>
    public string Source { get; init; } = "";

    /// <summary>Its schema; null when not told.</summary>
    public string? Schema { get; init; }

    /// <summary>Sizes and the like; null when not told.</summary>
    public string? Profile { get; init; }

    /// <summary>Tags of the use, such as <c>mlflow.data.context</c>.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}

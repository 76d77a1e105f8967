using Mesh.Model;
using Mesh.Streaming.Topologies;
using Mesh.Training.Search;

namespace Mesh.Training.Studies;

/// <summary>A study as its file describes it (<c>schemas/study.schema.json</c>).</summary>
public sealed record StudyDefinition
{
    /// <summary>Name, unique among all studies.</summary>
    public required string Name { get; init; }

    /// <summary>Who answers for it.</summary>
    public string Owner { get; init; } = "";

    /// <summary>Trigger rule whose products, trainer, model, hyperparameters, gates and pool are taken where the study names none; null for none.</summary>
    public string? Rule { get; init; }

    /// <summary>Products to learn from; empty for the rule's.</summary>
    public IReadOnlyList<string> Products { get; init; } = [];

    /// <summary>Trainer; null for the rule's.</summary>
    public string? Trainer { get; init; }

    /// <summary>Name of the model; null for the rule's.</summary>
    public string? Model { get; init; }

    /// <summary>Pool; null for the rule's.</summary>
    public string? Pool { get; init; }

    /// <summary>Hyperparameters that all trials have.</summary>
    public IReadOnlyDictionary<string, string> Hyperparameters { get; init; } = new Dictionary<string, string>();

    /// <summary>What is searched.</summary>
    public required SearchSpace Space { get; init; }

    /// <summary>How it is searched; the budget's trials are in it.</summary>
    public required SearchOptions Search { get; init; }

    /// <summary>Metric that is made best: streamed by the trainer, and in its model card at the end.</summary>
    public required string Metric { get; init; }

    /// <summary>Whether steps are counted by the trainer's <c>epoch</c> (default) or by its <c>step</c>.</summary>
    public bool CountsSteps { get; init; }

    /// <summary>What it may use.</summary>
    public required StudyBudget Budget { get; init; }

    /// <summary>Trials at the same time (default: 1).</summary>
    public int Parallel { get; init; } = 1;

    /// <summary>Whether the best trial's model is registered at the end (default: true).</summary>
    public bool RegistersBest { get; init; } = true;

    /// <summary>Reads a study file.</summary>
    /// <param name="yaml">Its text.</param>
    /// <param name="fileName">Its name, for errors.</param>
    /// <exception cref="MeshException"><c>MESH9360</c> with everything that is wrong, each with its line.</exception>
    public static StudyDefinition Parse(string yaml, string fileName)
    {
        var errors = new TopologyErrors(fileName) { Subject = "The study" };
        return StudyReader.Read(yaml, errors) ?? throw new MeshException("MESH9360", string.Join('\n', errors.All));
    }
}

using Mesh.Model;

namespace Mesh.Trigger;

/// <summary>The job a rule asks for.</summary>
public sealed record TriggerJob
{
    /// <summary>What it does (default: <c>train</c>).</summary>
    public JobKind Kind { get; init; }

    /// <summary><c>builtin/NAME</c> or a command line.</summary>
    public required string Trainer { get; init; }

    /// <summary>Higher comes first, from -100 to 100 (default: 0).</summary>
    public int Priority { get; init; }

    /// <summary>What it needs.</summary>
    public TriggerResources Resources { get; init; } = new();

    /// <summary>Pool of machines it runs on; empty for the cheapest that has the accelerator it needs (default: <c>cpu</c>).</summary>
    public string Pool { get; init; } = "cpu";

    /// <summary>Name the resulting model is registered under (default: the built-in trainer's name, else the rule's).</summary>
    public required string Model { get; init; }

    /// <summary>Handed to the trainer as they are.</summary>
    public IReadOnlyDictionary<string, string> Hyperparameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Gates by metric as in the job spec, <c>{"accuracy":{"min":0.8,"max_regression":0.01}}</c>; empty for none.</summary>
    public string GatesJson { get; init; } = "";
}

namespace Mesh.Trigger;

/// <summary>The job a rule asks for.</summary>
public sealed record TriggerJob
{
    /// <summary><c>builtin/NAME</c> or a command line.</summary>
    public required string Trainer { get; init; }

    /// <summary>Pool of machines it runs on (default: <c>cpu</c>).</summary>
    public string Pool { get; init; } = "cpu";

    /// <summary>Name the resulting model is registered under (default: the built-in trainer's name, else the rule's).</summary>
    public required string Model { get; init; }

    /// <summary>Handed to the trainer as they are.</summary>
    public IReadOnlyDictionary<string, string> Hyperparameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Gates by metric as in the job spec, <c>{"accuracy":{"min":0.8,"max_regression":0.01}}</c>; empty for none.</summary>
    public string GatesJson { get; init; } = "";
}

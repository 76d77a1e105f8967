using Mesh.Training.Tracking;

namespace Mesh.Commands.Tracking;

/// <summary>Logs to a run, or begins one.</summary>
public sealed record LogRequest
{
    /// <summary>The run; null to begin one.</summary>
    public string? RunId { get; init; }

    /// <summary>Experiment of a run that is begun, made when there is none.</summary>
    public string Experiment { get; init; } = "Default";

    /// <summary>Name of the run; null leaves it, or makes one.</summary>
    public string? Name { get; init; }

    /// <summary>Who runs it.</summary>
    public string User { get; init; } = "";

    /// <summary>State to move to; null leaves it.</summary>
    public RunStatus? Status { get; init; }

    /// <summary>Parameters.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Values of metrics; a time of 0 is now.</summary>
    public IReadOnlyList<LoggedMetric> Metrics { get; init; } = [];
}

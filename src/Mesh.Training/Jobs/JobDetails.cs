namespace Mesh.Training.Jobs;

/// <summary>What is known of a job beyond its entry: what asked for it, what it takes, its attempts and its files.</summary>
public sealed record JobDetails
{
    /// <summary>The topology whose rule asked for it, <c>NAME@VERSION</c>.</summary>
    public required string Topology { get; init; }

    /// <summary>Why the rule fired, for people.</summary>
    public required string Because { get; init; }

    /// <summary>Hyperparameters that were asked for.</summary>
    public required IReadOnlyDictionary<string, string> Hyperparameters { get; init; }

    /// <summary>What it asks for: accelerators, cores, memory, time.</summary>
    public required JobNeedsView Needs { get; init; }

    /// <summary>What it learns from.</summary>
    public required IReadOnlyList<JobInputView> Inputs { get; init; }

    /// <summary>Its attempts, the first one first.</summary>
    public required IReadOnlyList<JobAttemptView> Attempts { get; init; }

    /// <summary>Files it may go on from; null when its folder is not on this machine.</summary>
    public IReadOnlyList<JobFileView>? Checkpoints { get; init; }

    /// <summary>Files of its latest attempt's result; null when its folder is not on this machine.</summary>
    public IReadOnlyList<JobFileView>? Outputs { get; init; }

    /// <summary>Bytes of its log; 0 when there is none on this machine.</summary>
    public long LogBytes { get; init; }
}

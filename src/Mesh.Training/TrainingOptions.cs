using Mesh.Training.Pools;

namespace Mesh.Training;

/// <summary>Where jobs run and how often they are tried.</summary>
public sealed record TrainingOptions
{
    /// <summary>Folder of the jobs, one subfolder each.</summary>
    public required string JobsFolder { get; init; }

    /// <summary>Folder of the registered models, <c>NAME/VERSION</c>.</summary>
    public required string ModelsFolder { get; init; }

    /// <summary>Version of the code that runs; part of a job's identity and of a model's lineage.</summary>
    public required string CodeVersion { get; init; }

    /// <summary>Jobs that run at the same time on the pool <c>cpu</c> when no pools are declared (default: 1).</summary>
    public int MaxParallelJobs { get; init; } = 1;

    /// <summary>Where jobs run, and what teams may spend; null for one pool <c>cpu</c> of <see cref="MaxParallelJobs"/> processes.</summary>
    public PoolSet? Pools { get; init; }

    /// <summary>Failures after which a job that asks for a retry is given up (default: 3).</summary>
    public int MaxFailures { get; init; } = 3;

    /// <summary>Attempts after which a job is given up, whatever ended them; a job that takes the process down is not tried for ever (default: 10).</summary>
    public int MaxAttempts { get; init; } = 10;

    /// <summary>Wait before the second attempt after a failure, doubled for each further one (default: 5 s).</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time a trainer has after SIGTERM to write its checkpoint before it is killed (default: 10 s).</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest run of one attempt (default: 1 h). A job that exceeds it fails for good.</summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Bytes of trainer output kept in <c>log.txt</c> (default: 16 MiB); more is dropped with a note.</summary>
    public long MaxLogBytes { get; init; } = 16L << 20;

    /// <summary>Largest model accepted, in bytes (default: 100 MiB).</summary>
    public long MaxModelBytes { get; init; } = 100L << 20;

    /// <summary>The words that start <c>mesh</c>, which trainers read data with (default: this program).</summary>
    public IReadOnlyList<string> MeshCommand { get; init; } = TrainerCommand.Mesh();
}

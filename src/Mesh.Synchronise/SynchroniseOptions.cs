using Mesh.Streaming.Ingest;
using Mesh.Streaming.Topologies;

namespace Mesh.Synchronise;

/// <summary>One item of a topology's <c>synchronise</c> section: which channels become one table of frames, and limits.</summary>
public sealed record SynchroniseOptions
{
    internal const long DefaultToleranceNs = 50_000_000;

    /// <summary>Name of the frames; the table is <c>synchronised_NAME</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What makes the frames.</summary>
    public required FrameReference Reference { get; init; }

    /// <summary>Farthest sample that <see cref="SynchronisePolicy.Nearest"/> takes, nanoseconds (default: 50 ms).</summary>
    public long ToleranceNs { get; init; } = DefaultToleranceNs;

    /// <summary>The other channels.</summary>
    public IReadOnlyList<SynchroniseInput> Inputs { get; init; } = [];

    /// <summary>Whether samples in no frame are listed, with the reason, in the table <c>synchronised_NAME_unmatched</c> (default: false).</summary>
    public bool KeepUnmatched { get; init; }

    /// <summary>Whether the clocks of its channels are estimated (default: no).</summary>
    public ClockOptions Clock { get; init; } = new();

    /// <summary>Bytes of samples held in memory per recording (default: 64 MiB); beyond it the largest channel is spilled as a sorted run.</summary>
    public long MaxMemoryBytes { get; init; } = 64L << 20;

    /// <summary>Folder for spilled runs, made when needed (default: the system's temporary folder). Runs vanish with their process.</summary>
    public string SpillFolder { get; init; } = Path.GetTempPath();

    /// <summary>Topics that take part, each once.</summary>
    public IEnumerable<string> Channels =>
        Inputs.Select(input => input.Channel).Concat(Reference is ChannelReference reference ? [reference.Channel] : []).Distinct();

    /// <summary>Reads one item of the section; what is wrong is reported to the topology's errors.</summary>
    /// <returns>Null when name or reference are missing, which has been reported.</returns>
    public static SynchroniseOptions? Read(TopologyNode section) => SynchroniseSection.Read(section);
}

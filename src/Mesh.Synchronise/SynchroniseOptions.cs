using Mesh.Streaming.Topologies;

namespace Mesh.Synchronise;

/// <summary>One item of a topology's <c>synchronise</c> section: which channels become one table of frames, and limits.</summary>
public sealed record SynchroniseOptions
{
    private const long DefaultToleranceNs = 50_000_000;

    /// <summary>Name of the frames; the table is <c>synchronised_NAME</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Topic whose every sample makes one frame.</summary>
    public required string ReferenceChannel { get; init; }

    /// <summary>Farthest sample that <see cref="SynchronisePolicy.Nearest"/> takes, nanoseconds (default: 50 ms).</summary>
    public long ToleranceNs { get; init; } = DefaultToleranceNs;

    /// <summary>The other channels.</summary>
    public IReadOnlyList<SynchroniseInput> Inputs { get; init; } = [];

    /// <summary>Bytes of samples held in memory per recording (default: 64 MiB); beyond it the largest channel is spilled as a sorted run.</summary>
    public long MaxMemoryBytes { get; init; } = 64L << 20;

    /// <summary>Folder for spilled runs, made when needed (default: the system's temporary folder). Runs vanish with their process.</summary>
    public string SpillFolder { get; init; } = Path.GetTempPath();

    /// <summary>Reads one item of the section; what is wrong is reported to the topology's errors.</summary>
    /// <returns>Null when name or reference are missing, which has been reported.</returns>
    public static SynchroniseOptions? Read(TopologyNode section)
    {
        section.AllowKeys("name", "reference", "tolerance", "clock", "inputs");

        // Accepted so that topologies need not change when clock models are estimated; until then the identity is used.
        section.Get("clock")?.AllowKeys("estimate", "truth");

        string name = section.RequireText("name");
        string channel = "";
        if (section.Get("reference") is { } reference)
        {
            reference.AllowKeys("channel");
            channel = reference.RequireText("channel");
        }
        else
        {
            section.Report("A synchronise item needs the channel whose samples make the frames: reference: { channel: /lidar/top }.");
        }

        var inputs = ReadInputs(section);
        if (name.Length == 0 || channel.Length == 0) return null;
        return new SynchroniseOptions
        {
            Name = name,
            ReferenceChannel = channel,
            ToleranceNs = section.GetDurationNs("tolerance", DefaultToleranceNs),
            Inputs = inputs,
        };
    }

    private static List<SynchroniseInput> ReadInputs(TopologyNode section)
    {
        List<SynchroniseInput> inputs = [];
        foreach (var node in section.Get("inputs")?.Items ?? [])
        {
            node.AllowKeys("channel", "name", "policy", "maxAge", "maxGap");
            string channel = node.RequireText("channel");
            if (channel.Length == 0) continue;

            var input = new SynchroniseInput(channel, node.GetChoice("policy", SynchronisePolicy.Nearest))
            {
                Name = SynchroniseInput.ColumnName(node.GetText("name", channel)),
                MaxAgeNs = node.Get("maxAge") is null ? null : node.GetDurationNs("maxAge", 0),
                MaxGapNs = node.Get("maxGap") is null ? null : node.GetDurationNs("maxGap", 0),
            };
            if (inputs.Exists(other => other.Name.Equals(input.Name, StringComparison.OrdinalIgnoreCase)))
            {
                node.Report($"Two inputs would share the column '{input.Name}'; give one of them a 'name'.");
                continue;
            }

            inputs.Add(input);
        }

        if (inputs.Count == 0) section.Report("A synchronise item needs at least one input: inputs: [{ channel: /imu, policy: linear }].");
        return inputs;
    }
}

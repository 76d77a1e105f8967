using Mesh.Streaming.Topologies;

namespace Mesh.Streaming.Ingest;

/// <summary>What a topology asks about clocks: the key <c>clock</c> of <c>decode</c>, for every channel, or of a synchronise item, for its own.</summary>
/// <param name="Estimate">Whether the clocks of the channels are estimated and their times corrected (default: false).</param>
/// <param name="Truth">Channel whose time is the truth, to which the host's clock is corrected; null for the host's own.</param>
public sealed record ClockOptions(bool Estimate = false, string? Truth = null)
{
    /// <summary>Reads the key of a section; what is wrong is reported to the topology's errors.</summary>
    public static ClockOptions Read(TopologyNode? section)
    {
        if (section?.Get("clock") is not { } clock) return new ClockOptions();
        clock.AllowKeys("estimate", "truth");
        var options = new ClockOptions(clock.GetBoolean("estimate", false), clock.Get("truth")?.AsText());
        if (options is { Estimate: false, Truth: not null }) clock.Report("A truth channel is of use only where clocks are estimated: { estimate: true, truth: /gnss/time }.");
        return options;
    }
}

using Mesh.Streaming.Topologies;

namespace Mesh.Synchronise.Streams;

/// <summary>Which groups can be made of a stream: those whose frames are decided by the messages near them.</summary>
public static class StreamLimits
{
    /// <summary>Reports to the topology's errors what of a group needs the whole recording.</summary>
    /// <param name="group">The group.</param>
    /// <param name="section">Its item of the section.</param>
    public static void Check(SynchroniseOptions group, TopologyNode section)
    {
        if (group.Reference is SetReference)
        {
            section.Get("match")!.Report(
                $"{section.Path}.match: sets are made of whole recordings; over telemetry frames have a reference: {{ channel: /lidar/top }}, {{ rate: 10Hz }} or {{ events: /camera/trigger }}, and inputs with the policies nearest, previous, next or linear.");
            return;
        }

        if (group.Clock.Estimate) section.Get("clock")!.Report($"{section.Path}.clock: clocks are estimated of whole recordings; over telemetry frames go by the messages' own stamps. Remove 'clock', and give a known offset as 'latency'.");
        if (group.KeepUnmatched) section.Get("keepUnmatched")!.Report($"{section.Path}.keepUnmatched: samples in no frame are listed for recordings only; remove it.");
        foreach (var input in group.Inputs)
        {
            string? needed = input.Policy switch
            {
                SynchronisePolicy.Previous or SynchronisePolicy.Next when input.MaxAgeNs is null => "maxAge",
                SynchronisePolicy.Linear when input.MaxGapNs is null => "maxGap",
                _ => null,
            };
            if (needed is null) continue;
            string policy = input.Policy.ToString().ToLowerInvariant();
            section.Report(
                $"The input {input.Channel} of '{group.Name}' needs a {needed}, for example {needed}: 500ms: with the policy {policy} it is 2.5 median periods of the whole recording otherwise, which a stream does not have.");
        }
    }
}

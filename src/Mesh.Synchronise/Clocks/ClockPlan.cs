using Mesh.Streaming.Ingest;

namespace Mesh.Synchronise.Clocks;

/// <summary>Whose clocks a topology asks to be estimated.</summary>
/// <param name="AllChannels">Whether those of all selected channels.</param>
/// <param name="Channels">Otherwise these.</param>
/// <param name="Truth">Channel whose time is the truth; null for the host's clock.</param>
public sealed record ClockPlan(bool AllChannels, IReadOnlySet<string> Channels, string? Truth)
{
    /// <summary>Whether the clock of a channel is wanted.</summary>
    public bool Wants(string channel) => AllChannels || Channels.Contains(channel);

    /// <summary>The plan of a topology's sections; null when none asks, and no first pass is needed.</summary>
    public static ClockPlan? Of(ClockOptions decode, IReadOnlyList<SynchroniseOptions> groups)
    {
        var asking = groups.Where(group => group.Clock.Estimate).ToList();
        if (!decode.Estimate && asking.Count == 0) return null;
        var channels = asking.SelectMany(group => group.Channels);
        return new ClockPlan(decode.Estimate, channels.ToHashSet(StringComparer.Ordinal), decode.Truth ?? asking.Select(group => group.Clock.Truth).FirstOrDefault(truth => truth is not null));
    }
}

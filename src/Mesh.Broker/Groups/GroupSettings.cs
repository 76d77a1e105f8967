namespace Mesh.Broker.Groups;

/// <summary>Limits of all groups.</summary>
/// <param name="InitialRebalanceDelay">How long the first member waits for others.</param>
/// <param name="MaxMembers">Members of one group.</param>
/// <param name="OffsetsRetention">How long the offsets of an unused group are kept.</param>
internal sealed record GroupSettings(TimeSpan InitialRebalanceDelay, int MaxMembers, TimeSpan OffsetsRetention)
{
    public static readonly TimeSpan MinSessionTimeout = TimeSpan.FromMilliseconds(100);

    /// <summary>Kafka's default for the largest session timeout.</summary>
    public static readonly TimeSpan MaxSessionTimeout = TimeSpan.FromMinutes(30);

    /// <summary>How often unused groups are looked for, and used ones noted as such (Kafka's <c>offsets.retention.check.interval.ms</c>).</summary>
    public static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(10);

    /// <summary>Groups kept at the same time; the names come from clients.</summary>
    public const int MaxGroups = 10_000;
}

namespace Mesh.Broker.Groups;

/// <summary>Limits of all groups.</summary>
internal sealed record GroupSettings(TimeSpan InitialRebalanceDelay, int MaxMembers)
{
    public static readonly TimeSpan MinSessionTimeout = TimeSpan.FromMilliseconds(100);

    /// <summary>Kafka's default for the largest session timeout.</summary>
    public static readonly TimeSpan MaxSessionTimeout = TimeSpan.FromMinutes(30);

    /// <summary>Groups kept at the same time; the names come from clients.</summary>
    public const int MaxGroups = 10_000;
}

using Mesh.Kafka;

namespace Mesh.Commands.EventLog;

/// <summary>How far groups are in a topic.</summary>
/// <param name="Lags">By group and partition.</param>
/// <param name="NotAsked">Groups that the log was not asked about, because there are too many.</param>
public sealed record TopicGroups(IReadOnlyList<GroupLag> Lags, int NotAsked)
{
    /// <summary>Most groups of a cluster that are asked about.</summary>
    public const int MaxAsked = 50;
}

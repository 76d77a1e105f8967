using Mesh.Kafka;
using Mesh.Lakehouse.Recordings;

namespace Mesh.Commands.Observability;

/// <summary>What a server's gauges show, as it was a moment ago.</summary>
/// <param name="Recordings">Recordings.</param>
/// <param name="Lags">How far the groups of Mesh are.</param>
/// <param name="TopicRecords">Records by topic; empty with a cluster of others.</param>
/// <param name="TopicBytes">Bytes by topic; likewise.</param>
/// <param name="Connections">Connections of the embedded broker; null with a cluster.</param>
internal sealed record ServerFigures(
    RecordingSummary Recordings, IReadOnlyList<GroupLag> Lags, IReadOnlyDictionary<string, long> TopicRecords, IReadOnlyDictionary<string, long> TopicBytes, int? Connections)
{
    public static readonly ServerFigures None =
        new(new RecordingSummary(new Dictionary<RecordingState, long>(), null), [], new Dictionary<string, long>(), new Dictionary<string, long>(), null);
}

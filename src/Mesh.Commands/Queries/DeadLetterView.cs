using Mesh.Streaming.DeadLetters;

namespace Mesh.Commands.Queries;

/// <summary>A dead letter as users see it.</summary>
public sealed record DeadLetterView(
    string Id, string Stage, string Code, string Reason, string IngestId, string VehicleId, string Channel, long Sequence, long LastSequence, long Count, long Remaining,
    ulong LogTimeNs, string SchemaName, long PayloadBytes, int Attempts, string Topology, string TopologyVersion, string Kind, string State, string ReplayId,
    DateTimeOffset CreatedAt, DateTimeOffset ChangedAt)
{
    /// <summary>Makes the view of an entry.</summary>
    public static DeadLetterView Of(DeadLetterEntry letter) => new(
        letter.Id, letter.Stage, letter.Code, letter.Reason, letter.IngestId, letter.VehicleId, letter.Channel, letter.Sequence, letter.LastSequence, letter.Count,
        letter.Remaining, letter.LogTimeNs, letter.SchemaName, letter.PayloadBytes, letter.Attempts, letter.Topology, letter.TopologyVersion,
        Word(letter.Kind), Word(letter.State), letter.ReplayId.Split('-')[0], letter.CreatedAt, letter.ChangedAt);

    private static string Word(DeadLetterKind kind) => kind switch
    {
        DeadLetterKind.Recording => "recording",
        DeadLetterKind.FileSet => "files",
        DeadLetterKind.Event => "event",
        _ => "messages",
    };

    private static string Word(DeadLetterState state) => state.ToString().ToLowerInvariant();
}

namespace Mesh.Commands.Queries;

/// <summary>A dead letter as users see it.</summary>
public sealed record DeadLetterView(
    string Id, string Stage, string Code, string Reason, string IngestId, string VehicleId, string Channel, long Sequence, long Count,
    ulong LogTimeNs, string SchemaName, long PayloadBytes, int Attempts, DateTimeOffset CreatedAt);

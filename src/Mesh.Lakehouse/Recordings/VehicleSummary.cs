namespace Mesh.Lakehouse.Recordings;

/// <summary>What there is of a vehicle.</summary>
/// <param name="VehicleId">Pseudonym.</param>
/// <param name="Recordings">Number of recordings.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="FirstUploadAt">When the first was accepted.</param>
/// <param name="LastUploadAt">When the last was accepted.</param>
/// <param name="Losses">Places where damage was found in them.</param>
/// <param name="DeadLetters">Messages of them in dead letters.</param>
public sealed record VehicleSummary(
    string VehicleId, long Recordings, long Bytes, DateTimeOffset FirstUploadAt, DateTimeOffset LastUploadAt, long Losses, long DeadLetters);

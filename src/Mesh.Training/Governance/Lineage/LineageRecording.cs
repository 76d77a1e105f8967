namespace Mesh.Training.Governance.Lineage;

/// <summary>A recording that a model has seen.</summary>
/// <param name="IngestId">Identity.</param>
/// <param name="VehicleId">Pseudonym of the vehicle; empty when the recording is not known here.</param>
/// <param name="Session">The producer's name for the drive.</param>
/// <param name="FileName">The producer's name for the file.</param>
/// <param name="ContentSha256">Of the recording; empty when it is not known here.</param>
/// <param name="Withdrawn">Why its consent was withdrawn; null while it holds.</param>
public sealed record LineageRecording(string IngestId, string VehicleId, string Session, string FileName, string ContentSha256, string? Withdrawn);

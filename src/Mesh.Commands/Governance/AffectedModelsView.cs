using Mesh.Training.Governance.Lineage;

namespace Mesh.Commands.Governance;

/// <summary>Versions that have seen data one asks about.</summary>
/// <param name="Of"><c>vehicle</c> or <c>recording</c>.</param>
/// <param name="Id">Pseudonym of the vehicle, or ingest id.</param>
/// <param name="Recordings">Recordings that are known of it.</param>
/// <param name="Models">The versions, released ones first.</param>
public sealed record AffectedModelsView(string Of, string Id, long Recordings, IReadOnlyList<AffectedModel> Models);

namespace Mesh.Commands.Queries.Tables;

/// <summary>What a scan has read and what it could leave out.</summary>
/// <param name="ManifestsRead">Manifests read.</param>
/// <param name="ManifestsSkipped">Manifests left out by their partition ranges.</param>
/// <param name="FilesRead">Data files planned.</param>
/// <param name="FilesSkipped">Data files left out by partition or column bounds.</param>
public sealed record ScanView(long ManifestsRead, long ManifestsSkipped, long FilesRead, long FilesSkipped);

namespace Mesh.Commands.Governance;

/// <summary>A recording whose consent was withdrawn.</summary>
/// <param name="IngestId">The recording.</param>
/// <param name="Reason">Why.</param>
public sealed record WithdrawalView(string IngestId, string Reason);

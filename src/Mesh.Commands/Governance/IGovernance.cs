using Mesh.Commands.Queries;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Governance.Lineage;

namespace Mesh.Commands.Governance;

/// <summary>Decisions about models, and what can be asked about them: by a server over HTTP, or on a state directory that no server has.</summary>
public interface IGovernance : IAsyncDisposable
{
    /// <summary>Prepares a decision.</summary>
    /// <returns>The entry to sign, in canonical form.</returns>
    Task<DraftView> DraftAsync(GovernanceRequest request, CancellationToken cancellationToken);

    /// <summary>Takes a signed decision.</summary>
    Task<SignedDecision> CommitAsync(CommitRequest request, CancellationToken cancellationToken);

    /// <summary>Registers a public key.</summary>
    Task<Identity> RegisterAsync(IdentityRequest request, CancellationToken cancellationToken);

    /// <summary>Takes the validity from a key.</summary>
    Task<Identity> RevokeAsync(RevokeRequest request, CancellationToken cancellationToken);

    /// <summary>Keys of identities, by name.</summary>
    Task<IReadOnlyList<Identity>> ListIdentitiesAsync(CancellationToken cancellationToken);

    /// <summary>Evaluates gates, which is noted in the log.</summary>
    /// <param name="model"><c>NAME@VERSION</c> or <c>NAME@ALIAS</c>.</param>
    /// <param name="to">State to move to; empty for the first move with gates.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<GateReport> EvaluateAsync(string model, string to, CancellationToken cancellationToken);

    /// <summary>Where a version is in its lifecycle, what was found and decided last, and what may come next.</summary>
    Task<ModelStatusView> GetModelStatusAsync(string model, CancellationToken cancellationToken);

    /// <summary>What was released when, and the aliases.</summary>
    Task<ModelHistoryView> GetHistoryAsync(string name, CancellationToken cancellationToken);

    /// <summary>Where a version comes from.</summary>
    Task<ModelLineage> GetLineageAsync(string model, CancellationToken cancellationToken);

    /// <summary>Versions that have seen a vehicle's recordings, released ones first.</summary>
    Task<AffectedModelsView> FindByVehicleAsync(string vehicle, CancellationToken cancellationToken);

    /// <summary>Versions that have seen a recording, released ones first. A unique prefix of its id is enough.</summary>
    Task<AffectedModelsView> FindByRecordingAsync(string ingestId, CancellationToken cancellationToken);

    /// <summary>Entries of the decision log, oldest first.</summary>
    /// <param name="subject">Only of this subject; null for all.</param>
    /// <param name="after">Only after this place.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<IReadOnlyList<DecisionView>> ListDecisionsAsync(string? subject, long after, int limit, CancellationToken cancellationToken);

    /// <summary>A page of the decision log.</summary>
    Task<Page<DecisionView>> ListDecisionsAsync(DecisionQuery query, CancellationToken cancellationToken);

    /// <summary>Examines the decision log.</summary>
    Task<AuditReport> VerifyAsync(string? anchor, CancellationToken cancellationToken);

    /// <summary>Writes the decision log as a file that can be examined elsewhere.</summary>
    Task ExportAsync(Stream target, CancellationToken cancellationToken);

    /// <summary>Freezes a hold-out.</summary>
    Task<Holdout> FreezeAsync(FreezeRequest request, CancellationToken cancellationToken);

    /// <summary>The frozen hold-outs, by name.</summary>
    Task<IReadOnlyList<Holdout>> ListHoldoutsAsync(CancellationToken cancellationToken);

    /// <summary>Recordings whose consent was withdrawn.</summary>
    Task<IReadOnlyList<WithdrawalView>> ListWithdrawalsAsync(CancellationToken cancellationToken);

    /// <summary>Full ingest ids of prefixes; a full id stays as it is, known or not.</summary>
    /// <exception cref="Model.MeshException"><c>MESH9633</c> when a prefix is of none or several.</exception>
    Task<IReadOnlyList<string>> ResolveRecordingsAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken);
}

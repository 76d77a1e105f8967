using Mesh.Model;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;

namespace Mesh.Commands.Governance;

/// <summary>Drafts, signs and commits. The private key stays in this process; what is signed is looked at first.</summary>
public static class GovernanceSigner
{
    private const int MaxAttempts = 8;

    /// <summary>Makes a decision.</summary>
    /// <exception cref="MeshException">Why it cannot be decided; <c>MESH9635</c> when what came back to be signed is something else than was asked for.</exception>
    public static async Task<SignedDecision> DecideAsync(IGovernance governance, GovernanceRequest request, SigningKey key, CancellationToken cancellationToken)
    {
        request = request with { KeySha256 = key.Sha256 };
        for (int attempt = 1; ; attempt++)
        {
            string text = (await governance.DraftAsync(request, cancellationToken).ConfigureAwait(false)).Entry;
            CheckIsWhatWasAsked(request, Decision.Parse(text));
            try
            {
                return await governance.CommitAsync(new CommitRequest(request, text, key.Sign(text).Signature), cancellationToken).ConfigureAwait(false);
            }
            catch (MeshException exception) when (exception.Code == "MESH9630" && attempt < MaxAttempts)
            {
                // Somebody else decided first; the draft names the entry before it and so has to be made again.
            }
        }
    }

    private static void CheckIsWhatWasAsked(GovernanceRequest request, Decision draft)
    {
        bool subject = request.Action switch
        {
            GovernanceAction.Withdraw => draft.Kind == DecisionKind.Withdrawal,
            GovernanceAction.Rollback => draft.Kind == DecisionKind.Rollback && draft.Subject.StartsWith(request.Model + "@", StringComparison.Ordinal),
            _ => draft.Subject == ModelReference.Text(request.Model, request.Version),
        };
        bool kind = request.Action switch
        {
            GovernanceAction.Approve => draft.Kind == DecisionKind.Approval,
            GovernanceAction.Alias => draft.Kind == DecisionKind.Alias,
            GovernanceAction.Promote => draft.Kind is DecisionKind.Transition or DecisionKind.Release or DecisionKind.Rejection && draft.Details["to"]?.GetValue<string>() == request.To,
            _ => true,
        };
        if (!subject || !kind || draft.Reason != request.Reason || draft.KeySha256 != request.KeySha256)
        {
            throw new MeshException("MESH9635", $"The entry to sign is '{draft.Kind}' of {draft.Subject}, which is not what was asked for. Nothing was signed. Check the server's address.");
        }
    }
}

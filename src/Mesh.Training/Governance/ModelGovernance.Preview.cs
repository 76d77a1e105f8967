using System.Text.Json;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Gates;

namespace Mesh.Training.Governance;

/// <summary>What a decision would be, before anybody makes it: asked of the same rules that decide later, so that both say the same.</summary>
public sealed partial class ModelGovernance
{
    /// <summary>What a decision would change and who could make it. Evaluates no gates and notes nothing.</summary>
    /// <param name="request">The decision; its key and reason do not matter.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<DecisionPreview> PreviewAsync(GovernanceRequest request, CancellationToken cancellationToken) =>
        database.ReadAsync(session => PreviewAsync(session, request), cancellationToken);

    private async Task<DecisionPreview> PreviewAsync(MetadataSession session, GovernanceRequest request)
    {
        var people = (await IdentityStore.ListAsync(session).ConfigureAwait(false))
            .Where(identity => identity.Name != Identity.Server && identity.RevokedAt is null)
            .GroupBy(identity => identity.Name, StringComparer.Ordinal).ToList();
        Plan? plan = null;
        var candidates = new List<DecisionCandidate>();
        foreach (var keys in people.Take(DecisionPreview.MaxCandidates))
        {
            // Keys of one name have the same person and roles, so that what holds for one holds for all.
            var identity = keys.First();
            string? whyNot = null;
            try
            {
                var found = await PlanAsync(session, request with { KeySha256 = identity.KeySha256, Reason = "preview" }).ConfigureAwait(false);
                plan ??= found;
            }
            catch (MeshException exception) when (!exception.IsTransient)
            {
                whyNot = exception.Message;
            }

            candidates.Add(new DecisionCandidate(identity.Name, identity.Person, identity.Roles, [.. keys.Select(key => key.KeySha256)], whyNot));
        }

        var (report, at) = plan is { Gates.Count: > 0 } ? await LastEvaluationAsync(session, plan).ConfigureAwait(false) : default;
        return new DecisionPreview
        {
            Subject = plan?.Subject ?? "",
            Changes = plan?.Changes ?? [],
            Aliases = plan?.Aliases ?? [],
            Gates = plan?.Gates ?? [],
            Evaluation = report,
            EvaluatedAt = at ?? "",
            Candidates = [.. candidates.OrderByDescending(candidate => candidate.May).ThenBy(candidate => candidate.Name, StringComparer.Ordinal)],
            CandidateCount = people.Count,
        };
    }

    private static async Task<(GateReport? Report, string? At)> LastEvaluationAsync(MetadataSession session, Plan plan)
    {
        if (await NewestAsync(session, "subject = @subject AND kind = 'gates'", new { subject = plan.Subject }).ConfigureAwait(false) is not { Decision: var decision }) return default;
        return GateReport.Of(decision) is { } report && report.To == plan.To ? (report, decision.At) : default;
    }
}

using System.Text.Json.Nodes;
using Mesh.Training.Governance.Audit;

namespace Mesh.Training.Governance;

/// <summary>What a hand-off shows beyond decisions: since when the rules are known, and whose work a version is.</summary>
public sealed partial class ModelGovernance
{
    /// <summary>
    /// Notes in the log that the lifecycle is in force, unless that is what it says already. Done when a server starts, so that the log shows
    /// that the criteria were there before the results.
    /// </summary>
    /// <returns>Whether it was news.</returns>
    public async Task<bool> AnnouncePolicyAsync(CancellationToken cancellationToken) => await database.WriteAsync(
        async transaction =>
        {
            var newest = await NewestAsync(transaction, "kind = 'policy'", new { }).ConfigureAwait(false);
            if ((string?)newest?.Decision.Details["lifecycle_sha256"] == lifecycle.Sha256) return false;
            await AppendOwnAsync(transaction, DecisionKind.Policy, $"lifecycle:{lifecycle.Name}", "", "lifecycle in force", new JsonObject { ["lifecycle_sha256"] = lifecycle.Sha256 }).ConfigureAwait(false);
            return true;
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>Owner of the topology whose rule asked for a version's job; null when that is not known.</summary>
    public ValueTask<string?> FindAuthorAsync(string model, int version, CancellationToken cancellationToken) => database.ReadAsync(
        async session => await AuthorAsync(session, await RequireAsync(session, model, version).ConfigureAwait(false)).ConfigureAwait(false), cancellationToken);
}

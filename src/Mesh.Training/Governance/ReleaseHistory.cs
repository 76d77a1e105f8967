using System.Text.Json;
using Mesh.Lakehouse.Metadata;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Policy;

namespace Mesh.Training.Governance;

/// <summary>What was released when, as the decisions tell it.</summary>
internal static class ReleaseHistory
{
    /// <summary>The periods in which a version of a model was the released one, oldest first.</summary>
    public static async Task<IReadOnlyList<ReleaseEntry>> ListAsync(MetadataSession session, string model)
    {
        var entries = new List<ReleaseEntry>();
        foreach (var (decision, hash) in await DecisionsAsync(session, model).ConfigureAwait(false))
        {
            var changes = Changes(decision);
            if (entries.Count > 0 && entries[^1].Until is null && changes.Any(change => change.From == Lifecycle.Released))
            {
                entries[^1] = entries[^1] with { Until = decision.At, EndedBy = DecisionLog.KindText(decision.Kind) };
            }

            if (changes.FirstOrDefault(change => change.To == Lifecycle.Released) is { } release)
            {
                entries.Add(new ReleaseEntry(
                    ModelReference.Parse(release.Model).Version!.Value, DecisionLog.KindText(decision.Kind), decision.At, null, decision.Actor, decision.Reason, null, hash));
            }
        }

        return entries;
    }

    /// <summary>Version to go back to: a release puts a version on top, a rollback takes it off again. Null when there is none below.</summary>
    public static async Task<int?> BeforeAsync(MetadataSession session, string model)
    {
        var released = new Stack<int>();
        foreach (var entry in await ListAsync(session, model).ConfigureAwait(false))
        {
            if (entry.Kind == "rollback") released.Pop();
            else released.Push(entry.Version);
        }

        return released.Count > 1 ? released.ElementAt(1) : null;
    }

    /// <summary>The moves a decision makes.</summary>
    public static IReadOnlyList<StateChange> Changes(Decision decision) => decision.Details["changes"]?.Deserialize<List<StateChange>>(TrainingJson.Options) ?? [];

    private static async Task<List<(Decision Decision, string Hash)>> DecisionsAsync(MetadataSession session, string model)
    {
        string prefix = model + "@";
        var rows = await session.QueryAsync<Row>(
            "SELECT entry Text, hash Hash FROM decisions WHERE substr(subject, 1, length(@prefix)) = @prefix AND kind IN ('release', 'rollback', 'transition', 'rejection') ORDER BY sequence",
            new { prefix }).ConfigureAwait(false);
        return [.. rows.Select(row => (Decision.Parse(row.Text), row.Hash))];
    }

    private sealed class Row
    {
        public string Text { get; init; } = "";
        public string Hash { get; init; } = "";
    }
}

using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Mesh.Model;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Models;

namespace Mesh.Training.Governance.Gates;

/// <summary>Gates that look at the data and at files.</summary>
internal sealed partial class GateEvaluator
{
    private async Task<IReadOnlyList<GateFinding>> DataQualityAsync(ModelEntry model, GateRule rule, CancellationToken cancellationToken)
    {
        const string name = "the recordings it saw";
        string bound = string.Join(", ", new[]
        {
            rule.MaxLosses is { } losses ? $"at most {losses} places of damage" : null,
            rule.MaxDeadLetterShare is { } share ? $"a share of at most {Text(share)} dead letters" : null,
        }.OfType<string>());
        if (model.IngestIds.Count == 0) return [NotEvaluated(rule, name, bound, "", "the trainer named no recordings")];
        var (damage, letters, messages) = (0L, 0L, 0L);
        var unknown = new List<string>();
        var accounts = new JsonArray();
        foreach (string text in model.IngestIds)
        {
            if (await recordings.FindAsync(IngestId.Parse(text), cancellationToken).ConfigureAwait(false) is not { } recording)
            {
                unknown.Add(text);
                continue;
            }

            damage += recording.Losses.Count;
            letters += recording.DeadLetters;
            messages += recording.MessagesIn;
            accounts.Add(new JsonArray(text, recording.Losses.Count, recording.DeadLetters, recording.MessagesIn));
        }

        string evidence = Decision.HashOf(CanonicalJson.Of(accounts));
        if (unknown.Count > 0)
        {
            return [NotEvaluated(rule, name, bound, evidence, $"of {unknown.Count} recordings it saw there is no account, for example {unknown[0]}") with { Recordings = [.. unknown.Take(MaxListed)] }];
        }

        var findings = new List<GateFinding>();
        if (rule.MaxLosses is { } maxLosses)
        {
            findings.Add(Found(rule, "places of damage", Text(damage), $"at most {maxLosses}", damage <= maxLosses, $"the {model.IngestIds.Count} recordings it saw have {damage} places of damage", evidence));
        }

        if (rule.MaxDeadLetterShare is { } maxShare)
        {
            double share2 = messages == 0 ? 0 : (double)letters / messages;
            findings.Add(Found(
                rule, "share of dead letters", Text(share2), $"at most {Text(maxShare)}", share2 <= maxShare, $"of their {messages:N0} messages {letters:N0} are dead letters", evidence));
        }

        return findings;
    }

    private async Task<IReadOnlyList<GateFinding>> HoldoutsAsync(ModelEntry model, GateRule rule, CancellationToken cancellationToken)
    {
        var frozen = (await holdouts.ListAsync(cancellationToken).ConfigureAwait(false)).Where(holdout => rule.Holdout.Length == 0 || holdout.Name == rule.Holdout).ToList();
        if (frozen.Count == 0)
        {
            return rule.Holdout.Length > 0
                ? [NotEvaluated(rule, rule.Holdout, "no recording of it seen", "", $"there is no frozen hold-out '{rule.Holdout}'; `mesh holdouts freeze` makes one")]
                : [NotEvaluated(rule, "hold-outs", "no recording of one seen", "", "no hold-out is frozen yet; `mesh holdouts freeze` makes one") with { Blocks = false }];
        }

        var findings = new List<GateFinding>();
        foreach (var holdout in frozen) findings.Add(await HoldoutAsync(model, rule, holdout, cancellationToken).ConfigureAwait(false));
        return findings;
    }

    private async Task<GateFinding> HoldoutAsync(ModelEntry model, GateRule rule, Holdout holdout, CancellationToken cancellationToken)
    {
        const string bound = "no recording of it seen";
        if (model.IngestIds.Count == 0) return NotEvaluated(rule, holdout.Name, bound, holdout.Digest, "the trainer named no recordings");
        string[] seen = [.. model.IngestIds.Intersect(holdout.Recordings).Order(StringComparer.Ordinal)];
        if (seen.Length > 0)
        {
            return Found(rule, holdout.Name, Text(seen.Length), bound, false, $"it saw {seen.Length} of the {holdout.Recordings.Count} recordings of the hold-out, for example {seen[0]}", holdout.Digest)
                with { Recordings = [.. seen.Take(MaxListed)] };
        }

        if (lake is null) return NotEvaluated(rule, holdout.Name, bound, holdout.Digest, "the lake cannot be read from here, so that the hold-out's files cannot be checked");
        foreach (var file in holdout.Files)
        {
            try
            {
                if (await DigestAsync(file.Uri, cancellationToken).ConfigureAwait(false) != file.Sha256)
                {
                    return Found(rule, holdout.Name, null, bound, false, $"'{file.Uri}' of the hold-out is not what was frozen", holdout.Digest);
                }
            }
            catch (Exception exception) when (exception is MeshException or IOException)
            {
                return NotEvaluated(rule, holdout.Name, bound, holdout.Digest, $"'{file.Uri}' of the hold-out cannot be read: {exception.Message}");
            }
        }

        return Found(rule, holdout.Name, "0", bound, true, $"it saw none of the {holdout.Recordings.Count} recordings, and the hold-out is what was frozen", holdout.Digest);
    }

    private async Task<string> DigestAsync(string uri, CancellationToken cancellationToken) => await HoldoutFreezer.DigestAsync(lake!, uri, cancellationToken).ConfigureAwait(false);

    private static async Task<GateFinding> ArtifactAsync(ModelEntry model, GateRule rule, CancellationToken cancellationToken)
    {
        const string name = "SHA-256 of model.onnx";
        if (EvaluationFile.FolderOf(model) is null || !File.Exists(new Uri(model.Uri).LocalPath))
        {
            return NotEvaluated(rule, name, model.Sha256, "", $"'{model.Uri}' is not on this machine; ask the server that has it");
        }

        var stream = File.OpenRead(new Uri(model.Uri).LocalPath);
        await using var _ = stream.ConfigureAwait(false);
        string sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
        return Found(rule, name, sha256, model.Sha256, sha256 == model.Sha256, sha256 == model.Sha256 ? "the file is the one that was registered" : "the file is not the one that was registered", sha256);
    }
}

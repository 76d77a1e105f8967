using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Model;

namespace Mesh.Training.Governance.Audit;

/// <summary>
/// Examines a decision log entry by entry: form, hash, chain, signature, whether the signing key was the actor's with these roles at that
/// time, and whether each change begins in the state that the changes before it left.
/// </summary>
/// <param name="trusted">Public keys in PEM by fingerprint that may sign; null to take those that the log itself announces.</param>
public sealed class ChainVerifier(IReadOnlyDictionary<string, string>? trusted)
{
    private const int MaxFindings = 1000;

    private readonly List<AuditFinding> findings = [];
    private readonly Dictionary<string, Announced> keys = [];
    private readonly SortedSet<string> signers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> states = [];
    private readonly HashSet<string> hashes = [];
    private readonly SortedSet<string> withdrawn = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> aliases = new(StringComparer.Ordinal);
    private long entries;
    private string head = Decision.NoPrevious;

    /// <summary>Takes the next entry.</summary>
    public void Add(SignedDecision signed)
    {
        entries++;
        string? canonical = CanonicalOf(signed.Text);
        if (canonical is null)
        {
            Report(entries, "it is no JSON in the canonical form");
            // What follows names the hash that is stored; without it every later entry would be reported for this one.
            head = signed.Hash;
            return;
        }

        string hash = Decision.HashOf(canonical);
        if (hash != signed.Hash) Report(entries, $"its content has hash {hash}, {signed.Hash} is stored: the content or the hash was changed");
        if (canonical != signed.Text) Report(entries, "it is not stored in the canonical form");
        try
        {
            Examine(Decision.Parse(canonical), canonical, signed.Signature);
        }
        catch (Exception exception) when (exception is MeshException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            Report(entries, exception.Message);
        }

        head = signed.Hash;
        hashes.Add(signed.Hash);
    }

    /// <summary>Compares the end with what is kept beside the log.</summary>
    public void CheckHead(long sequence, string hash)
    {
        if (sequence != entries || hash != head)
        {
            findings.Add(new AuditFinding(0, $"the log should end with entry {sequence} and hash {hash}, but ends with {entries} and {head}: entries are missing at the end, or were added"));
        }
    }

    /// <summary>Looks for an entry that is known from elsewhere.</summary>
    public void CheckAnchor(string hash)
    {
        if (!hashes.Contains(hash)) findings.Add(new AuditFinding(0, $"no entry has hash {hash}, which is known from elsewhere: the log was cut off or written anew"));
    }

    /// <summary>Compares a model's state in the registry with what the log says; a version the log never changed is in one of the states that versions begin with.</summary>
    public void CheckState(string model, string state)
    {
        if (states.TryGetValue(model, out string? decided) ? decided != state : state is not ("candidate" or "rejected"))
        {
            findings.Add(new AuditFinding(0, $"the registry has {model} as {state}, but by the log it is {decided ?? "candidate or rejected"}"));
        }
    }

    /// <summary>Compares the recordings that the consent gate looks up with what the log says.</summary>
    public void CheckWithdrawals(IEnumerable<string> ingestIds)
    {
        var stored = ingestIds.ToHashSet();
        foreach (string id in withdrawn.Where(id => !stored.Contains(id))) Report($"by the log consent was withdrawn for {id}, but the registry does not know it");
        foreach (string id in stored.Where(id => !withdrawn.Contains(id)).Order(StringComparer.Ordinal)) Report($"the registry has {id} as withdrawn, but nobody decided it");
    }

    /// <summary>Compares the aliases with what the log says.</summary>
    /// <param name="stored">Versions by <c>MODEL ALIAS</c>.</param>
    public void CheckAliases(IReadOnlyDictionary<string, long> stored)
    {
        foreach (string alias in stored.Keys.Union(aliases.Keys).Order(StringComparer.Ordinal))
        {
            var (here, decided) = (stored.GetValueOrDefault(alias), aliases.GetValueOrDefault(alias));
            if (here != decided) Report($"alias '{alias}' means version {here} in the registry (0: none), but by the log {decided}");
        }
    }

    /// <summary>Adds a finding about the log as a whole.</summary>
    public void Report(string problem) => findings.Add(new AuditFinding(0, problem));

    /// <summary>Whether a key known here signed a text.</summary>
    public bool IsSigned(string keySha256, string canonical, string signature) => KeyOf(keySha256) is { } pem && SigningKey.IsSignedBy(pem, canonical, signature);

    /// <summary>What was found.</summary>
    public AuditReport Complete() => new(entries, head, [.. signers], trusted is not null, findings);

    private static string? CanonicalOf(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return CanonicalJson.Of(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or MeshException)
        {
            return null;
        }
    }

    private void Examine(Decision decision, string canonical, string signature)
    {
        if (decision.Sequence != entries) Report(entries, $"it says that it is number {decision.Sequence}: an entry was removed, inserted or moved");
        if (decision.Previous != head) Report(entries, $"it follows an entry with hash {decision.Previous}, the one before it has {head}: an entry was changed, removed, inserted or moved");
        if (Decision.TimeFrom(decision.At) is null) Report(entries, $"'{decision.At}' is no time");
        if (decision.Kind == DecisionKind.Identity) Announce(decision);
        if (KeyOf(decision.KeySha256) is not { } pem)
        {
            Report(entries, $"it is signed with key {decision.KeySha256}, which is not among those {(trusted is null ? "that the log announces" : "given")}");
            return;
        }

        if (!SigningKey.IsSignedBy(pem, canonical, signature)) Report(entries, $"its signature is not {decision.Actor}'s with key {decision.KeySha256}");
        signers.Add($"{decision.Actor} {decision.KeySha256}");
        if (!keys.TryGetValue(decision.KeySha256, out var announced)) Report(entries, $"nothing before it announces key {decision.KeySha256}");
        else if (announced.Name != decision.Actor || announced.Person != decision.Person || !announced.Roles.SequenceEqual(decision.Roles))
        {
            Report(entries, $"it is by {decision.Actor} as {string.Join(", ", decision.Roles)}, but its key was announced as {announced.Name}'s as {string.Join(", ", announced.Roles)}");
        }
        else if (announced.IsRevoked) Report(entries, $"key {decision.KeySha256} of {decision.Actor} had been revoked before");

        foreach (var change in decision.Details["changes"]?.AsArray() ?? [])
        {
            string model = Text(change, "model");
            if (states.TryGetValue(model, out string? state) && state != Text(change, "from")) Report(entries, $"it moves {model} from {Text(change, "from")}, where it was {state}");
            states[model] = Text(change, "to");
        }

        foreach (var alias in decision.Details["aliases"]?.AsArray() ?? [])
        {
            string name = $"{Text(alias, "model")} {Text(alias, "alias")}";
            long version = alias!["version"]!.GetValue<long>();
            if (version == 0) aliases.Remove(name);
            else aliases[name] = version;
        }

        if (decision.Kind == DecisionKind.Withdrawal) withdrawn.UnionWith(decision.Details["recordings"]!.AsArray().Select(id => id!.GetValue<string>()));
    }

    // Mesh's own key announces itself and others; nobody else may.
    private void Announce(Decision decision)
    {
        var details = decision.Details;
        string key = Text(details, "key_sha256");
        bool isByServer = decision.Actor == Identity.Server && (key == decision.KeySha256 || keys.GetValueOrDefault(decision.KeySha256)?.Name == Identity.Server);
        if (!isByServer) Report(entries, $"it announces a key, but {decision.Actor} may not");
        if (Text(details, "change") == "revoked")
        {
            if (keys.TryGetValue(key, out var known)) keys[key] = known with { IsRevoked = true };
            return;
        }

        string pem = Text(details, "public_key");
        if (SigningKey.FingerprintOf(pem) != key) Report(entries, $"the key it announces has not the fingerprint {key}");
        if (keys.ContainsKey(key)) Report(entries, $"it announces key {key} again");
        keys[key] = new Announced(Text(details, "name"), Text(details, "person"), [.. details["roles"]!.AsArray().Select(role => role!.GetValue<string>())], pem, false);
    }

    private string? KeyOf(string keySha256) => trusted is not null ? trusted.GetValueOrDefault(keySha256) : keys.GetValueOrDefault(keySha256)?.PublicKey;

    private void Report(long sequence, string problem)
    {
        if (findings.Count < MaxFindings) findings.Add(new AuditFinding(sequence, problem));
    }

    private static string Text(JsonNode? node, string member) => node?[member]?.GetValue<string>() ?? throw new FormatException($"its details lack '{member}'");

    private sealed record Announced(string Name, string Person, IReadOnlyList<string> Roles, string PublicKey, bool IsRevoked);
}

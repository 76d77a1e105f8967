using System.Text;
using System.Text.Json.Nodes;
using Mesh.Testing;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Handoff;
using Mesh.Training.Handoff.Provenance;
using Mesh.Training.Handoff.Signing;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Tests.Handoff;

/// <summary>A copy of a bundle, to be changed by somebody who has all keys: what the signatures would have found is signed again, so that each rule stands alone.</summary>
public sealed class MutableBundle
{
    private readonly HandoffFixture fixture;

    internal MutableBundle(string from, string to, HandoffFixture fixture)
    {
        this.fixture = fixture;
        Root = to;
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    public string Root { get; }

    public string this[string name] => Path.Combine(Root, name);

    public JsonNode Read(string name) => JsonNode.Parse(File.ReadAllBytes(this[name]))!;

    public void Write(string name, JsonNode document) => File.WriteAllBytes(this[name], HandoffJson.Write(document));

    public MutableBundle Change(string name, Action<JsonNode> change)
    {
        var document = Read(name);
        change(document);
        Write(name, document);
        return this;
    }

    /// <summary>Changes the statement of the provenance, of the job or of a variant, and signs it again.</summary>
    public MutableBundle ChangeProvenance(Action<JsonNode> change, SigningKey? key = null, string? variant = null)
    {
        string name = variant is null ? Directory.GetFiles(this["provenance"]).Single(file => !Path.GetFileName(file).StartsWith("variant-", StringComparison.Ordinal)) : this[HandoffFiles.ProvenanceOfVariant(variant)];
        var envelope = DsseEnvelope.Parse(HandoffJson.Parse(File.ReadAllBytes(name), "", ""), "", "");
        var statement = JsonNode.Parse(envelope.Payload)!;
        change(statement);
        File.WriteAllBytes(name, HandoffJson.Write(DsseEnvelope.Sign(HandoffJson.Write(statement), key ?? fixture.ServerKey, null)));
        return this;
    }

    /// <summary>Writes the provenance of a variant anew, so that it is of the files as they are now.</summary>
    public MutableBundle AttestVariant(string profile)
    {
        File.WriteAllBytes(this[HandoffFiles.ProvenanceOfVariant(profile)], VariantProvenance.Write(new HandoffFacts(new BundleFolder(Root)), profile, "test", fixture.ServerKey));
        return this;
    }

    /// <summary>Changes what is signed over the files, and signs it again.</summary>
    public MutableBundle ChangeSignature(Action<JsonNode> change, SigningKey? key = null)
    {
        var statement = JsonNode.Parse(OmsBundle.Parse(File.ReadAllBytes(this[HandoffFiles.Signature]), "").Envelope.Payload)!;
        change(statement);
        statement["subject"]![0]!["digest"]!["sha256"] = OmsBundle.RootOf(statement["predicate"]!["resources"]!.AsArray().Select(item => new OmsResource((string)item!["name"]!, "sha256", (string)item["digest"]!)));
        File.WriteAllBytes(this[HandoffFiles.Signature], OmsBundle.Sign(HandoffJson.Write(statement), key ?? fixture.ServerKey));
        return this;
    }

    /// <summary>Signs a list under a digest that is not its own.</summary>
    internal void ChangeRoot(HandoffFixture of)
    {
        var statement = JsonNode.Parse(OmsBundle.Parse(File.ReadAllBytes(this[HandoffFiles.Signature]), "").Envelope.Payload)!;
        statement["subject"]![0]!["digest"]!["sha256"] = new string('0', 64);
        File.WriteAllBytes(this[HandoffFiles.Signature], OmsBundle.Sign(HandoffJson.Write(statement), of.ServerKey));
    }

    /// <summary>Writes the decision log anew: each decision changed, chained, and signed by whom it is by; null leaves one out.</summary>
    public MutableBundle ChangeDecisions(Func<Decision, Decision?> change, Func<long, string, IEnumerable<Decision>>? more = null)
    {
        var hashes = new Dictionary<string, string>();
        var lines = new List<string>();
        string previous = Decision.NoPrevious;
        long sequence = 0;
        var facts = new HandoffFacts(new BundleFolder(Root));
        foreach (var signed in facts.Decisions)
        {
            if (change(signed.Decision) is not { } decision) continue;
            hashes[signed.Hash] = Append(decision with { Evidence = [.. decision.Evidence.Select(evidence => hashes.TryGetValue(evidence.Sha256, out string? hash) ? evidence with { Sha256 = hash } : evidence)] });
        }

        foreach (var decision in more?.Invoke(sequence, previous) ?? []) Append(decision);
        var end = fixture.ServerKey.Sign(CanonicalJson.Of(new JsonObject { ["schema"] = "mesh.audit-end/v1", ["entries"] = sequence, ["hash"] = previous, ["at"] = "2026-01-01T00:00:00.000000Z", ["key_sha256"] = fixture.ServerKey.Sha256 }));
        lines.Add($$"""{"end":{{end.Text}},"hash":"{{end.Hash}}","signature":"{{end.Signature}}"}""");
        File.WriteAllText(this[HandoffFiles.Decisions], string.Concat(lines.Select(line => line + "\n")));
        return Change(HandoffFiles.Manifest, manifest => manifest["anchor"] = new JsonObject { ["entries"] = sequence, ["hash"] = previous });

        string Append(Decision decision)
        {
            var signed = fixture.Keys[decision.KeySha256].Sign((decision with { Sequence = ++sequence, Previous = previous }).ToCanonical());
            lines.Add($$"""{"entry":{{signed.Text}},"hash":"{{signed.Hash}}","signature":"{{signed.Signature}}"}""");
            return previous = signed.Hash;
        }
    }

    /// <summary>Makes digests of the evidence and the signed list fit again.</summary>
    public MutableBundle Seal(bool refresh = true)
    {
        var folder = new BundleFolder(Root);
        if (refresh)
        {
            Change(HandoffFiles.Index, index =>
            {
                foreach (var item in index["evidence"]!.AsArray())
                {
                    if (!folder.Has((string)item!["uri"]!)) continue;
                    var (sha256, bytes) = folder.Digest((string)item["uri"]!);
                    item["sha256"] = sha256;
                    item["size"] = bytes;
                }
            });
        }

        var files = new BundleFolder(Root).List().Where(file => file.Name != HandoffFiles.Signature);
        File.WriteAllBytes(this[HandoffFiles.Signature], OmsBundle.Sign("bundle", files.Select(file => new OmsResource(file.Name, "sha256", folder.Digest(file.Name).Sha256)), fixture.ServerKey));
        return this;
    }

    public HandoffReport Verify(TrustFile? trust = null, TimeProvider? time = null) => HandoffVerifier.Verify(Root, trust, time ?? TimeProvider.System);

    /// <summary>The codes of everything that is wrong, each once.</summary>
    public string[] Codes(TrustFile? trust = null, TimeProvider? time = null) => CodesOf(Verify(trust, time));

    public static string[] CodesOf(HandoffReport report) => [.. report.Checks.SelectMany(check => check.Findings).Select(finding => finding.Code).Distinct().Order()];
}

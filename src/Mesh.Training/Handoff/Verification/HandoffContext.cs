using Mesh.Training.Handoff.Evidence;
using Mesh.Training.Handoff.Signing;

namespace Mesh.Training.Handoff.Verification;

/// <summary>What a check has at hand, and where it says what it found.</summary>
/// <param name="facts">What the files say.</param>
/// <param name="trust">Whom to trust; null for the keys that the bundle brings along.</param>
/// <param name="now">The time.</param>
internal sealed class HandoffContext(HandoffFacts facts, TrustFile? trust, DateTimeOffset now)
{
    private readonly List<HandoffFinding> findings = [];

    public HandoffFacts Facts => facts;

    public BundleFolder Folder => facts.Folder;

    public TrustFile? Trust => trust;

    public DateTimeOffset Now => now;

    /// <summary>The signature, once it was read.</summary>
    public OmsBundle? Signature { get; set; }

    /// <summary>The evidence index, once it was read.</summary>
    public EvidenceIndex? Index { get; set; }

    /// <summary>What ran the test vectors.</summary>
    public string Runtime { get; set; } = "";

    /// <summary>What a check that passes has to say, or why it was skipped.</summary>
    public string Note { get; set; } = "";

    /// <summary>Set by a check that cannot be made.</summary>
    public bool IsSkipped { get; private set; }

    public void Report(string code, string file, string problem) => findings.Add(FailureGuide.Explain(code, file, problem));

    public void Skip(string reason)
    {
        IsSkipped = true;
        Note = reason;
    }

    /// <summary>Ends a check: what it found, and a clean slate for the next.</summary>
    public (IReadOnlyList<HandoffFinding> Findings, string Note, bool IsSkipped) Take()
    {
        var result = (findings.ToArray(), Note, IsSkipped);
        findings.Clear();
        (Note, IsSkipped) = ("", false);
        return result;
    }

    /// <summary>Public keys by fingerprint that may have signed decisions.</summary>
    public IReadOnlyDictionary<string, string> DecisionKeys() => trust is not null ? trust.Signers.ToDictionary(signer => signer.KeySha256, signer => signer.PublicKey) : BundleKeys();

    /// <summary>Public keys by fingerprint that may have signed the bundle and its provenance, with the builders they may sign for (null: any that are known here).</summary>
    public IReadOnlyDictionary<string, (string Pem, IReadOnlyList<string>? Builders)> ServerKeys() => trust is not null
        ? trust.Signers.Where(signer => signer.Builders.Count > 0).ToDictionary(signer => signer.KeySha256, signer => (signer.PublicKey, (IReadOnlyList<string>?)signer.Builders))
        : BundleKeys().Where(key => key.Key == facts.Manifest.SignerSha256).ToDictionary(key => key.Key, key => (key.Value, (IReadOnlyList<string>?)null));

    private Dictionary<string, string> BundleKeys()
    {
        var keys = new Dictionary<string, string>();
        foreach (string name in Folder.ListBelow(HandoffFiles.Keys).Where(name => name.EndsWith(".pem", StringComparison.Ordinal)))
        {
            string pem = System.Text.Encoding.ASCII.GetString(Folder.Read(name));
            keys[Governance.Audit.SigningKey.FingerprintOf(pem)] = pem;
        }

        return keys;
    }
}

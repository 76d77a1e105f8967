using System.Text.Json.Nodes;
using Mesh.Testing;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Handoff;
using Mesh.Training.Handoff.Signing;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Tests.Handoff;

public sealed class MutationTests(HandoffFixture fixture) : IClassFixture<HandoffFixture>
{
    public static TheoryData<string> Names => [.. Mutations.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_mutated_bundle_fails_with_exactly_the_code_of_the_rule_that_it_breaks(string mutation)
    {
        var (code, make) = Mutations.All[mutation];
        var bundle = fixture.Copy("mutated");
        make(bundle, fixture);

        var report = bundle.Verify();
        MutableBundle.CodesOf(report).ShouldBe(code.Split(' '), string.Join('\n', report.Checks.SelectMany(check => check.Findings).Select(finding => $"{finding.Code} {finding.File}: {finding.Problem}")));
        report.Passed.ShouldBeFalse();
        report.Checks.SelectMany(check => check.Findings).ShouldAllBe(finding => finding.Meaning.Length > 0 && finding.Remedy.Length > 0 && finding.File.Length > 0);
    }

    [Fact]
    public void Every_rule_has_a_mutation()
    {
        string[] tested = [.. Mutations.All.Values.SelectMany(mutation => mutation.Code.Split(' ')).Append("MESH9586").Distinct().Order()];
        tested.ShouldBe(FailureGuide.Codes);
    }

    [Fact]
    public void A_copy_that_is_signed_again_without_a_change_still_passes()
    {
        var bundle = fixture.Copy("same");
        bundle.ChangeDecisions(decision => decision).ChangeProvenance(_ => { }).Seal();
        bundle.Codes().ShouldBeEmpty();
    }

    [Fact]
    public void A_waiver_by_a_person_holds_until_it_expires()
    {
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        var bundle = fixture.Copy("waived");
        bundle.Change(HandoffFiles.Index, index => Mutations.Waive(index, "C-SPLIT", "sam", "human", DateTimeOffset.UtcNow.AddDays(30))).Seal();
        bundle.Codes(time: time).ShouldBeEmpty();

        time.Advance(TimeSpan.FromDays(31));
        bundle.Codes(time: time).ShouldBe(["MESH9577"]);
    }

    [Fact]
    public void With_a_trust_file_only_its_keys_builders_lifecycles_and_history_count()
    {
        var trust = Trust();
        var bundle = fixture.Copy("trusted");
        var report = bundle.Verify(trust);
        report.Checks.ShouldAllBe(check => check.Status == CheckStatus.Passed);
        report.TrustedKeys.ShouldBeTrue();

        using var other = SigningKey.Create();
        var stranger = new TrustedSigner("stranger", other.Sha256, other.PublicPem, ["urn:mesh:builder:process/v1"]);
        bundle.Codes(trust with { Signers = [.. trust.Signers.Where(signer => signer.Builders.Count == 0), stranger] }).ShouldBe(["MESH9525", "MESH9550"]);
        bundle.Codes(trust with { Signers = [.. trust.Signers.Where(signer => signer.Name != "rita")] }).ShouldBe(["MESH9550"]);
        bundle.Codes(trust with { Signers = [.. trust.Signers.Select(signer => signer.Builders.Count > 0 ? signer with { Builders = ["urn:other"] } : signer)] }).ShouldBe(["MESH9532"]);
        bundle.Codes(trust with { Policies = [new string('0', 64)] }).ShouldBe(["MESH9555"]);
        bundle.Codes(trust with { Anchor = new string('0', 64) }).ShouldBe(["MESH9551"]);
        string known = new HandoffFacts(new BundleFolder(bundle.Root)).Decisions[2].Hash;
        bundle.Codes(trust with { Anchor = known }).ShouldBeEmpty();
    }

    [Fact]
    public void A_trust_file_comes_back_as_it_was_and_a_key_under_a_wrong_name_is_refused()
    {
        string path = fixture.PathOf("trust.json");
        var trust = Trust();
        File.WriteAllBytes(path, trust.ToUtf8());
        TrustFile.Read(path).Signers.Select(signer => signer.KeySha256).ShouldBe(trust.Signers.Select(signer => signer.KeySha256));

        var broken = JsonNode.Parse(trust.ToUtf8())!;
        broken["signers"]![0]!["key_sha256"] = new string('0', 64);
        File.WriteAllText(path, broken.ToJsonString());
        Should.Throw<Model.MeshException>(() => TrustFile.Read(path)).Code.ShouldBe("MESH9503");
        Should.Throw<Model.MeshException>(() => TrustFile.Read(fixture.PathOf("none.json"))).Code.ShouldBe("MESH9503");
        Should.Throw<Model.MeshException>(() => HandoffVerifier.Verify(fixture.PathOf("none"), null, TimeProvider.System)).Code.ShouldBe("MESH9504");
    }

    private TrustFile Trust() => new()
    {
        Signers =
        [
            new TrustedSigner("server", fixture.ServerKey.Sha256, fixture.ServerKey.PublicPem, ["urn:mesh:builder:process/v1"]),
            .. new[] { "erin", "sam", "rita" }.Select(name => new TrustedSigner(name, fixture.Governed.KeyOf(name).Sha256, fixture.Governed.KeyOf(name).PublicPem, [])),
        ],
    };
}

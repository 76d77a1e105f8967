using System.Text.Json.Nodes;
using Mesh.Testing;
using Mesh.Training.Governance.Audit;

namespace Mesh.Training.Tests.Governance;

/// <summary>A log of eleven entries, changed by somebody who can write to the database or the file but has no key.</summary>
public sealed class TamperingTests : IAsyncLifetime
{
    private readonly GovernanceFixture fixture = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Exported => fixture.Models["audit.jsonl"];

    public async ValueTask InitializeAsync()
    {
        await fixture.AddPeopleAsync();
        await fixture.ReleaseAsync(await fixture.TrainAsync());
        await using var file = File.Create(Exported);
        await fixture.Governance.ExportAsync(file, Stop);
    }

    public ValueTask DisposeAsync()
    {
        fixture.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task An_untouched_log_is_intact_here_and_as_a_file_with_its_public_keys()
    {
        (await fixture.Governance.VerifyAsync(null, null, Stop)).Findings.ShouldBeEmpty();
        var report = AuditFile.Verify(Exported, await KeysAsync(), null);
        report.Findings.ShouldBeEmpty();
        (report.Entries, report.TrustedKeys, report.Keys.Count).ShouldBe((11, true, 4));
        report.Head.ShouldBe((await fixture.Governance.Log.HeadAsync(Stop)).Hash);
    }

    public static TheoryData<int> Everyone => [.. Enumerable.Range(0, 11)];

    [Theory]
    [MemberData(nameof(Everyone))]
    public async Task Removing_any_entry_is_found(int index)
    {
        var lines = await LinesAsync();
        lines.RemoveAt(index);

        (await VerifyAsync(lines)).IsIntact.ShouldBeFalse();
        await DatabaseIsNotIntactAsync($"DELETE FROM decisions WHERE sequence = {index + 1}");
    }

    [Theory]
    [MemberData(nameof(Everyone))]
    public async Task Changing_any_entry_is_found_also_when_its_hash_is_made_to_fit(int index)
    {
        var lines = await LinesAsync();
        var line = JsonNode.Parse(lines[index])!;
        line["entry"]!["reason"] = "another reason";
        string canonical = CanonicalJson.Of(line["entry"]);
        lines[index] = $$"""{"entry":{{canonical}},"hash":"{{line["hash"]}}","signature":"{{line["signature"]}}"}""";
        (await VerifyAsync(lines)).Findings.ShouldContain(finding => finding.Sequence == index + 1 && finding.Problem.Contains("the content or the hash was changed"));

        lines[index] = $$"""{"entry":{{canonical}},"hash":"{{Decision.HashOf(canonical)}}","signature":"{{line["signature"]}}"}""";
        (await VerifyAsync(lines)).Findings.ShouldContain(finding => finding.Sequence == index + 1 && finding.Problem.Contains("its signature is not"));
        await DatabaseIsNotIntactAsync($"UPDATE decisions SET entry = replace(entry, 'manoeuvre@1', 'manoeuvre@2'), signature = 'AAAA' WHERE sequence = {index + 1}");
    }

    [Theory]
    [MemberData(nameof(Everyone))]
    public async Task Inserting_an_entry_anywhere_is_found(int index)
    {
        var lines = await LinesAsync();
        lines.Insert(index, lines[5]);
        (await VerifyAsync(lines)).IsIntact.ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Everyone))]
    public async Task Moving_an_entry_is_found(int index)
    {
        var lines = await LinesAsync();
        (lines[index], lines[(index + 1) % 11]) = (lines[(index + 1) % 11], lines[index]);
        (await VerifyAsync(lines)).IsIntact.ShouldBeFalse();
    }

    [Fact]
    public async Task A_log_rewritten_from_an_entry_on_with_other_keys_is_found_by_the_keys_and_by_an_anchor()
    {
        var lines = await LinesAsync();
        string anchor = JsonNode.Parse(lines[9])!["hash"]!.GetValue<string>();
        using var forger = SigningKey.Create();
        string previous = Decision.NoPrevious;
        for (int i = 0; i < 11; i++)
        {
            var entry = Decision.Parse(JsonNode.Parse(lines[i])!["entry"]!.ToJsonString());
            // The forger's key takes the server's place, and signs everything.
            entry = entry with { Previous = previous, KeySha256 = forger.Sha256, Actor = "server", Person = "server", Roles = ["server"] };
            if (i == 0)
            {
                entry.Details["key_sha256"] = forger.Sha256;
                entry.Details["public_key"] = forger.PublicPem;
            }

            var signed = forger.Sign(entry.ToCanonical());
            previous = signed.Hash;
            lines[i] = $$"""{"entry":{{signed.Text}},"hash":"{{signed.Hash}}","signature":"{{signed.Signature}}"}""";
        }

        string end = CanonicalJson.Of(new JsonObject { ["schema"] = "mesh.audit-end/v1", ["entries"] = 11, ["hash"] = previous, ["at"] = "x", ["key_sha256"] = forger.Sha256 });
        var signedEnd = forger.Sign(end);
        lines[11] = $$"""{"end":{{end}},"hash":"{{signedEnd.Hash}}","signature":"{{signedEnd.Signature}}"}""";
        await File.WriteAllLinesAsync(Exported, lines, Stop);

        AuditFile.Verify(Exported, null, null).IsIntact.ShouldBeTrue("a log that vouches for its own keys can be made anew");
        AuditFile.Verify(Exported, await KeysAsync(), null).Findings.ShouldContain(finding => finding.Problem.Contains("which is not among those given"));
        AuditFile.Verify(Exported, null, anchor).Findings.ShouldHaveSingleItem().Problem.ShouldContain("known from elsewhere");
    }

    [Fact]
    public async Task A_file_that_was_cut_off_anywhere_is_found()
    {
        var lines = await LinesAsync();
        for (int kept = 0; kept < lines.Count; kept++)
        {
            (await VerifyAsync(lines.Take(kept))).Findings.ShouldContain(finding => finding.Problem.Contains("cut off"), $"{kept} lines");
        }

        (await VerifyAsync([.. lines.Take(10), lines[11]])).Findings.ShouldContain(finding => finding.Problem.Contains("entries are missing at the end"));
        (await VerifyAsync([.. lines, lines[11]])).Findings.ShouldContain(finding => finding.Problem.Contains("comes after the end"));
        (await VerifyAsync(["not json", .. lines])).IsIntact.ShouldBeFalse();
    }

    [Fact]
    public async Task A_state_that_no_decision_made_is_found()
    {
        int version = await fixture.TrainAsync();
        await fixture.Database.WriteAsync(transaction => transaction.ExecuteAsync("UPDATE models SET lifecycle_state = 'approved' WHERE version = @version", new { version }), Stop);

        (await fixture.Governance.VerifyAsync(null, null, Stop)).Findings.ShouldHaveSingleItem().Problem.ShouldContain("the registry has manoeuvre@2 as approved, but by the log it is candidate or rejected");
    }

    [Theory]
    [InlineData("UPDATE decisions SET kind = 'gates' WHERE kind = 'approval'", "is listed under another place, kind, subject or actor")]
    [InlineData("DELETE FROM withdrawals", "consent was withdrawn for aaaa")]
    [InlineData("INSERT INTO withdrawals VALUES ('x', 'r', 'a', 0)", "has x as withdrawn, but nobody decided it")]
    [InlineData("UPDATE model_aliases SET version = 7", "alias 'manoeuvre released' means version 7 in the registry (0: none), but by the log 1")]
    [InlineData("DELETE FROM model_aliases", "means version 0 in the registry")]
    [InlineData("UPDATE models SET lifecycle_state = 'retired'", "has manoeuvre@1 as retired, but by the log it is released")]
    [InlineData("UPDATE decision_head SET sequence = 3", "the log should end with entry 3")]
    public async Task What_is_kept_beside_the_log_is_held_against_it(string statement, string problem)
    {
        await fixture.WithdrawAsync("sam", RunnerFixture.Recording);
        (await fixture.Governance.VerifyAsync(null, null, Stop)).Findings.ShouldBeEmpty();

        await fixture.Database.WriteAsync(transaction => transaction.ExecuteAsync(statement), Stop);

        (await fixture.Governance.VerifyAsync(null, null, Stop)).Findings.ShouldContain(finding => finding.Problem.Contains(problem));
    }

    [Fact]
    public async Task Swapped_signatures_and_roles_a_key_never_had_are_found()
    {
        var lines = await LinesAsync();
        var (sam, rita) = (JsonNode.Parse(lines[6])!, JsonNode.Parse(lines[7])!);
        string samLine = $$"""{"entry":{{CanonicalJson.Of(sam["entry"])}},"hash":"{{sam["hash"]}}","signature":"{{rita["signature"]}}"}""";
        (await VerifyAsync([.. lines.Take(6), samLine, .. lines.Skip(7)])).Findings.ShouldHaveSingleItem().Problem.ShouldContain("its signature is not sam's");

        // Sam signs as a release manager, which no entry made Sam.
        var entry = Decision.Parse(sam["entry"]!.ToJsonString()) with { Roles = ["release-manager"] };
        var signed = fixture.KeyOf("sam").Sign(entry.ToCanonical());
        string claimed = $$"""{"entry":{{signed.Text}},"hash":"{{signed.Hash}}","signature":"{{signed.Signature}}"}""";
        (await VerifyAsync([.. lines.Take(6), claimed, .. lines.Skip(7)])).Findings.ShouldContain(finding => finding.Problem.Contains("it is by sam as release-manager, but its key was announced as sam's as safety"));
    }

    [Fact]
    public async Task Others_tools_find_the_same_hashes_and_signatures()
    {
        Require.Program("openssl", "apt-get install openssl");
        Require.Program("python3", "apt-get install python3");
        foreach (var identity in await fixture.Governance.Identities.ListAsync(Stop))
        {
            await File.WriteAllTextAsync(fixture.Models[$"{identity.Name}.pub.pem"], identity.PublicKey, Stop);
        }

        string script = Path.Combine(Repository.Root, "tests", "foreign", "audit-verify.py");
        string answer = await ToolProcess.RunAsync("python3", [script, Exported, .. Directory.GetFiles(Path.GetDirectoryName(Exported)!, "*.pub.pem")]);
        answer.Trim().ShouldBe($"11 entries, 11 hashes, 11 signatures, head {(await fixture.Governance.Log.HeadAsync(Stop)).Hash}");
    }

    private async Task<List<string>> LinesAsync() => [.. await File.ReadAllLinesAsync(Exported, Stop)];

    private async Task<AuditReport> VerifyAsync(IEnumerable<string> lines)
    {
        string path = fixture.Models["changed.jsonl"];
        await File.WriteAllLinesAsync(path, lines, Stop);
        return AuditFile.Verify(path, await KeysAsync(), null);
    }

    private async Task<IReadOnlyDictionary<string, string>> KeysAsync() =>
        (await fixture.Governance.Identities.ListAsync(Stop)).ToDictionary(identity => identity.KeySha256, identity => identity.PublicKey);

    private async Task DatabaseIsNotIntactAsync(string statement)
    {
        (await fixture.Governance.VerifyAsync(null, null, Stop)).IsIntact.ShouldBeTrue();
        await fixture.Database.WriteAsync(transaction => transaction.ExecuteAsync(statement), Stop);
        (await fixture.Governance.VerifyAsync(null, null, Stop)).IsIntact.ShouldBeFalse();
    }
}

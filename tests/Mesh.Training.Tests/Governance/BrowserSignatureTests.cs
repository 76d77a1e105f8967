using System.Text.Json;
using Mesh.Testing;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;

namespace Mesh.Training.Tests.Governance;

/// <summary>Decisions signed as the console's page does it: by its script, with WebCrypto.</summary>
public sealed class BrowserSignatureTests : IDisposable
{
    private readonly GovernanceFixture fixture = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task A_decision_that_the_page_signed_is_in_force()
    {
        var request = await ApprovalBySamAsync();
        string entry = await fixture.Governance.DraftAsync(request, Stop);

        var signed = await SignAsync(request, entry);

        signed.GetProperty("sha256").GetString().ShouldBe(fixture.KeyOf("sam").Sha256);
        signed.GetProperty("isExtractable").GetBoolean().ShouldBeFalse();
        signed.GetProperty("differs").ValueKind.ShouldBe(JsonValueKind.Null);
        await fixture.Governance.CommitAsync(request, entry, signed.GetProperty("signatures")[0].GetString()!, Stop);
        (await fixture.Governance.ListApprovalsAsync("manoeuvre", 1, Stop)).Approvals.ShouldHaveSingleItem().Actor.ShouldBe("sam");
        (await fixture.Governance.VerifyAsync(null, null, Stop)).Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_draft_that_was_changed_is_refused_although_it_is_signed()
    {
        var request = await ApprovalBySamAsync();
        string entry = (await fixture.Governance.DraftAsync(request, Stop)).Replace("looks right", "looks wrong", StringComparison.Ordinal);

        var signed = await SignAsync(request, entry);

        signed.GetProperty("differs").GetString()!.ShouldContain("not what was asked for");
        await fixture.RefusalOf(() => fixture.Governance.CommitAsync(request, entry, signed.GetProperty("signatures")[0].GetString()!, Stop), "MESH9630");
        (await fixture.Governance.ListApprovalsAsync("manoeuvre", 1, Stop)).Approvals.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_signature_over_something_else_is_refused()
    {
        var request = await ApprovalBySamAsync();
        string entry = await fixture.Governance.DraftAsync(request, Stop);
        var signed = await SignAsync(request, entry.Replace("looks right", "looks wrong", StringComparison.Ordinal));

        await fixture.RefusalOf(() => fixture.Governance.CommitAsync(request, entry, signed.GetProperty("signatures")[0].GetString()!, Stop), "MESH9631");
    }

    [Fact]
    public async Task Whatever_numbers_a_signature_is_of_it_is_written_as_the_server_reads_it()
    {
        var request = await ApprovalBySamAsync();
        string entry = await fixture.Governance.DraftAsync(request, Stop);

        // Of so many some begin with a zero and half with a one bit, which DER writes each in its own way.
        var signed = await SignAsync(request, entry, 600);

        string[] signatures = [.. signed.GetProperty("signatures").EnumerateArray().Select(item => item.GetString()!)];
        signatures.Select(signature => Convert.FromBase64String(signature).Length).Distinct().Count().ShouldBeGreaterThan(2);
        signatures.ShouldAllBe(signature => SigningKey.IsSignedBy(fixture.KeyOf("sam").PublicPem, entry, signature));
    }

    private async Task<GovernanceRequest> ApprovalBySamAsync()
    {
        await fixture.AddPeopleAsync();
        await fixture.TrainAsync();
        await fixture.PromoteAsync(1, "validated", "erin");
        return new GovernanceRequest { Action = GovernanceAction.Approve, Model = "manoeuvre", Version = 1, Reason = "looks right", KeySha256 = fixture.KeyOf("sam").Sha256 };
    }

    private async Task<JsonElement> SignAsync(GovernanceRequest request, string entry, int count = 1)
    {
        string node = Require.Program("node", "install Node.js 20 or later");
        string key = fixture.Models["sam.pem"], asked = fixture.Models["request.json"], drafted = fixture.Models["entry.json"];
        if (!File.Exists(key)) fixture.KeyOf("sam").Write(key);
        await File.WriteAllTextAsync(asked, JsonSerializer.Serialize(new { action = "approve", model = request.Model, version = request.Version, reason = request.Reason }), Stop);
        await File.WriteAllTextAsync(drafted, entry, Stop);
        string script = Path.Combine(Repository.Root, "tests", "foreign", "console-sign.mjs");
        using var answer = JsonDocument.Parse(await ToolProcess.RunAsync(node, [script, key, asked, drafted, count.ToString(System.Globalization.CultureInfo.InvariantCulture)]));
        return answer.RootElement.Clone();
    }
}

using Mesh.Commands.Governance;
using Mesh.Commands.Queries;
using Mesh.Training.Governance.Audit;
using NSubstitute;

namespace Mesh.Console.Tests.Data;

public class AuditPageTests
{
    [Fact]
    public async Task Decisions_say_who_did_what_about_what_and_signatures_are_not_called_right_unchecked()
    {
        await using var console = await ConsoleHost.StartAsync();
        Has(console, Entry(1, "<img src=x>"));

        var (status, html) = await console.GetAsync("/audit?subject=manoeuvre%402");

        status.ShouldBe(200);
        System.Net.WebUtility.HtmlDecode(html).ShouldContain("approved → released");
        html.ShouldContain("not checked");
        html.ShouldContain("&lt;img src=x&gt;");
        html.ShouldNotContain("<img src=x>");
        await console.Services.Governance.DidNotReceive().VerifyAsync(Arg.Any<string?>(), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task A_broken_chain_names_the_entry_that_broke_it()
    {
        await using var console = await ConsoleHost.StartAsync();
        Has(console, Entry(1, "fine"), Entry(2, "forged"));
        console.Services.Governance.VerifyAsync(Arg.Any<string?>(), Arg.Any<CancellationToken>()).Returns(new AuditReport(2, new string('a', 64), [], false, [new AuditFinding(2, "the signature is not of the key it names")]));

        var (_, html) = await console.GetAsync("/audit?check=yes");

        html.ShouldContain("Entry 2: the signature is not of the key it names");
        html.ShouldContain("broken");
        html.ShouldNotContain("The log is whole");
    }

    private static void Has(ConsoleHost console, params DecisionView[] entries) =>
        console.Services.Governance.ListDecisionsAsync(Arg.Any<DecisionQuery>(), Arg.Any<CancellationToken>()).Returns(new Page<DecisionView>(entries, entries.Length, 1, 100));

    private static DecisionView Entry(long sequence, string reason) => new(
        new Decision
        {
            Sequence = sequence, Previous = Decision.NoPrevious, Kind = DecisionKind.Release, Subject = "manoeuvre@2", SubjectSha256 = "", Actor = "rita", Person = "p3", KeySha256 = "k",
            Roles = ["release-manager"], Reason = reason, At = "2026-11-30T09:00:00.000000Z", Details = new() { ["from"] = "approved", ["to"] = "released" }, Evidence = [],
        },
        new string('b', 64), "MEUC");
}

using Mesh.Commands.Governance;
using Mesh.Training.Governance;
using NSubstitute;

namespace Mesh.Console.Tests.Pages;

public class DecidePageTests
{
    private static readonly DecisionPreview Preview = new()
    {
        Subject = "manoeuvre@2", CandidateCount = 2,
        Candidates =
        [
            new DecisionCandidate("rita", "rita", ["release-manager"], ["aa11", "bb22"], null),
            new DecisionCandidate("otto", "otto", ["safety"], ["cc33"], "otto owns the topology whose rule asked for the job of manoeuvre@2, and so cannot approve it. Somebody else has to."),
        ],
    };

    [Fact]
    public async Task Who_may_not_decide_is_told_before_and_why()
    {
        await using var console = await StartAsync(Preview);

        var (status, html) = await console.GetAsync("/decide?action=approve&model=manoeuvre&version=2");

        status.ShouldBe(200);
        html.ShouldContain(">Approve manoeuvre@2</h1>");
        html.ShouldContain("otto owns the topology whose rule asked for the job");
        html.ShouldContain("value=\"otto\" disabled");
        html.ShouldNotContain("<mesh-sign");
    }

    [Fact]
    public async Task What_is_to_be_signed_is_asked_for_in_the_browser_and_its_line_stands_there_without_scripts()
    {
        await using var console = await StartAsync(Preview);

        string html = (await console.GetAsync("/decide?action=approve&model=manoeuvre&version=2&as=rita&reason=it's+<ready>")).Html;

        html.ShouldContain("<mesh-sign");
        html.ShouldContain("data-keys=\"aa11 bb22\"");
        html.ShouldContain("&quot;action&quot;:&quot;approve&quot;");
        html.ShouldContain("mesh models approve manoeuvre@2 --as rita --reason");
        html.ShouldNotContain("<ready>");
    }

    [Fact]
    public async Task Nobody_signs_who_may_not()
    {
        await using var console = await StartAsync(Preview);

        (await console.GetAsync("/decide?action=approve&model=manoeuvre&version=2&as=otto&reason=mine")).Html.ShouldNotContain("<mesh-sign");
    }

    [Fact]
    public async Task What_nobody_may_is_said_once_and_without_identities_the_way_to_one_is_shown()
    {
        await using var refused = await StartAsync(Preview with { Subject = "", Candidates = [.. Preview.Candidates.Select(candidate => candidate with { WhyNot = "manoeuvre@2 is candidate, where nothing awaits approval." })] });
        (await refused.GetAsync("/decide?action=approve&model=manoeuvre&version=2")).Html.ShouldContain("It cannot be decided now");

        await using var empty = await StartAsync(new DecisionPreview());
        string html = (await empty.GetAsync("/decide?action=approve&model=manoeuvre&version=2")).Html;
        html.ShouldContain("No identity is registered");
        html.ShouldContain("mesh identity create NAME --roles release-manager");
    }

    [Theory]
    [InlineData("/decide")]
    [InlineData("/decide?action=dance&model=m&version=1")]
    [InlineData("/decide?action=approve&model=m")]
    [InlineData("/decide?action=promote&model=m&version=1")]
    [InlineData("/decide?action=7&model=m&version=1")]
    public async Task An_address_that_says_no_decision_is_refused(string url)
    {
        await using var console = await StartAsync(Preview);

        var (status, html) = await console.GetAsync(url);

        status.ShouldBe(400);
        html.ShouldContain("MESH13003");
    }

    private static async Task<ConsoleHost> StartAsync(DecisionPreview preview)
    {
        var console = await ConsoleHost.StartAsync();
        console.Services.Governance.PreviewAsync(Arg.Any<GovernanceRequest>(), Arg.Any<CancellationToken>()).Returns(preview);
        return console;
    }
}

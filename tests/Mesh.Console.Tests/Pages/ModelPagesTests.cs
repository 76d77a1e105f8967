using System.Text.Json.Nodes;
using Mesh.Commands.Governance;
using Mesh.Model;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Models;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace Mesh.Console.Tests.Pages;

public class ModelPagesTests
{
    [Fact]
    public async Task A_version_that_waits_for_approval_says_how_many_there_are_and_whose_turn_it_is()
    {
        await using var console = await StartAsync();
        console.Services.Governance.PreviewAsync(Arg.Any<GovernanceRequest>(), Arg.Any<CancellationToken>()).Returns(new DecisionPreview
        {
            CandidateCount = 2, Candidates = [new DecisionCandidate("rita", "rita", ["release-manager"], ["aa"], null), new DecisionCandidate("sam", "sam", ["safety"], ["bb"], "sam has approved already")],
        });

        string html = (await console.GetAsync("/models/manoeuvre/2")).Html;

        html.ShouldContain("Approvals: 1 of 2, to become approved");
        html.ShouldContain("missing is another person with the role release-manager");
        html.ShouldContain("rita (release-manager)");
        html.ShouldContain("The version is validated; from there it can go to");
    }

    [Fact]
    public async Task Metrics_stand_beside_those_of_the_released_version_and_slices_worst_first()
    {
        await using var console = await StartAsync();
        console.Services.Governance.PreviewAsync(Arg.Any<GovernanceRequest>(), Arg.Any<CancellationToken>()).Returns(new DecisionPreview());

        string html = System.Net.WebUtility.HtmlDecode((await console.GetAsync("/models/manoeuvre/2")).Html);

        html.ShouldContain("Metrics against manoeuvre@1, which is released");
        html.ShouldContain("+0.1");
        html.IndexOf("vehicle_id bad", StringComparison.Ordinal).ShouldBeInRange(1, html.IndexOf("vehicle_id good", StringComparison.Ordinal));
        html.ShouldContain("0.3–0.6");
    }

    [Fact]
    public async Task Gates_are_shown_one_by_one_those_that_stop_it_first()
    {
        await using var console = await StartAsync();

        string html = (await console.GetAsync("/models/manoeuvre/2?tab=gates")).Html;

        System.Net.WebUtility.HtmlDecode(html).ShouldContain("candidate → validated: a gate stops it");
        html.IndexOf("stops it</", StringComparison.Ordinal).ShouldBeGreaterThan(0);
        html.ShouldContain("accuracy is &lt;i&gt;low");
        html.IndexOf(">regression<", StringComparison.Ordinal).ShouldBeInRange(1, html.IndexOf(">consent<", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_version_that_is_not_there_is_not_found()
    {
        await using var console = await StartAsync();
        console.Services.Governance.GetModelStatusAsync("manoeuvre@9", Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH9620", "There is no manoeuvre@9."));

        (await console.GetAsync("/models/manoeuvre/9")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_bundle_that_cannot_be_made_says_why()
    {
        await using var console = await StartAsync();
        console.Services.Handoff.HandOverAsync(Arg.Any<string>(), Arg.Any<string>(), Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH9507", "It would be refused."));

        (await console.GetAsync("/models/manoeuvre/2?tab=handoff")).Html.ShouldContain("The checks have not been tried here.");
        string html = (await console.GetAsync("/models/manoeuvre/2?tab=handoff&check=1")).Html;
        html.ShouldContain("There can be no bundle now");
        html.ShouldContain("It would be refused. (MESH9507)");
    }

    private static ModelEntry ModelOf(int version, double accuracy) => new()
    {
        Name = "manoeuvre", Version = version, State = ModelState.Registered, LifecycleState = version == 1 ? "released" : "validated", Reason = "gates held", JobId = "6287777cf342c229", TriggerId = "t",
        Trainer = "builtin/manoeuvre", CodeVersion = "1", Hyperparameters = new Dictionary<string, string>(), Metrics = new Dictionary<string, double> { ["accuracy"] = accuracy }, Gates = [], Inputs = [],
        RecordingCount = 3, Uri = "file:///none", Sha256 = "ab", Bytes = 1000, RegisteredAt = DateTimeOffset.UnixEpoch,
    };

    private static async Task<ConsoleHost> StartAsync()
    {
        var gates = new Decision
        {
            Sequence = 4, Previous = Decision.NoPrevious, Kind = DecisionKind.Gates, Subject = "manoeuvre@2", SubjectSha256 = "ab", Actor = "server", Person = "server", KeySha256 = "0123456789abcdef",
            Roles = ["server"], Reason = "gates", At = "2026-11-30T09:00:00.000000Z", Evidence = [],
            Details = (JsonObject)JsonNode.Parse(
                """
                { "from": "candidate", "to": "validated", "outcome": "failed", "findings": [
                    { "gate": "consent", "name": "recordings", "value": "0", "bound": "none", "outcome": "passed", "blocks": false, "reason": "consent holds", "evidence_sha256": "x" },
                    { "gate": "regression", "name": "accuracy", "value": "0.4", "bound": "at most 0.1 below", "outcome": "failed", "blocks": true, "reason": "accuracy is <i>low", "evidence_sha256": "x" } ] }
                """)!,
        };
        var console = await ConsoleHost.StartAsync();
        var governance = console.Services.Governance;
        governance.GetModelStatusAsync("manoeuvre@2", Arg.Any<CancellationToken>()).Returns(new ModelStatusView(
            "manoeuvre@2", "validated", ["approved", "rejected"], [], "approved", [new ApprovalView("sam", "sam", ["safety"], "2026-11-30T09:00:00.000000Z", "looked at", "h")],
            "2 approvals are needed; missing is another person with the role release-manager", [new DecisionView(gates, "0123456789abcdef0123456789abcdef", "sig")]));
        governance.GetLifecycleAsync(Arg.Any<CancellationToken>()).Returns(Lifecycle.Default);
        governance.GetHistoryAsync("manoeuvre", Arg.Any<CancellationToken>()).Returns(new ModelHistoryView("manoeuvre", new Dictionary<string, int> { ["released"] = 1 }, []));
        governance.GetEvaluationAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns(new EvaluationView(
            "x",
            [
                new EvaluatedSlice("vehicle_id", "good", 100, new Dictionary<string, double> { ["accuracy"] = 0.9 }),
                new EvaluatedSlice("vehicle_id", "bad", 20, new Dictionary<string, double> { ["accuracy"] = 0.45 }) { AccuracyInterval = [0.3, 0.6] },
            ],
            2, new Dictionary<string, double>(), new Dictionary<string, IReadOnlyDictionary<string, double>>()));
        console.Services.Queries.FindModelAsync("manoeuvre", 2, Arg.Any<CancellationToken>()).Returns(ModelOf(2, 0.9));
        console.Services.Queries.FindModelAsync("manoeuvre", 1, Arg.Any<CancellationToken>()).Returns(ModelOf(1, 0.8));
        return console;
    }
}

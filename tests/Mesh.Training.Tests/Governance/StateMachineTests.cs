using Mesh.Model;
using Mesh.Testing;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;

namespace Mesh.Training.Tests.Governance;

public class StateMachineTests : IDisposable
{
    private readonly GovernanceFixture fixture;

    public StateMachineTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected StateMachineTests(TestDatabase place) => fixture = new GovernanceFixture(place);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task A_version_goes_from_candidate_to_released_by_the_decisions_of_several_people()
    {
        await fixture.AddPeopleAsync();
        int version = await fixture.TrainAsync();
        (await fixture.StateOfAsync(version)).ShouldBe("candidate");

        await fixture.ReleaseAsync(version);

        (await fixture.StateOfAsync(version)).ShouldBe("released");
        (await fixture.Governance.ListAliasesAsync("manoeuvre", Stop)).ShouldBe([("released", version)]);
        var decisions = await fixture.Governance.Log.ListAsync("manoeuvre@1", 0, 100, Stop);
        decisions.Select(entry => entry.Decision.Kind).ShouldBe(
            [DecisionKind.Gates, DecisionKind.Transition, DecisionKind.Approval, DecisionKind.Approval, DecisionKind.Transition, DecisionKind.Gates, DecisionKind.Release]);
        var approved = decisions[4].Decision;
        approved.Evidence.Select(item => item.Sha256).ShouldBe([decisions[2].Hash, decisions[3].Hash]);
        decisions[6].Decision.Evidence.ShouldHaveSingleItem().ShouldBe(new Evidence("gates", decisions[5].Hash));
        var report = await fixture.Governance.VerifyAsync(null, null, Stop);
        report.Findings.ShouldBeEmpty();
        report.Entries.ShouldBe(11);
    }

    [Theory]
    [InlineData("candidate", "approved", "from there it can go to validated, rejected, retired. The way to approved is validated, then approved.")]
    [InlineData("candidate", "released", "The way to released is validated, then approved, then released.")]
    [InlineData("candidate", "candidate", "is candidate already")]
    [InlineData("candidate", "relaesed", "is no state of the lifecycle; there are candidate")]
    [InlineData("validated", "released", "The way to released is approved, then released.")]
    [InlineData("approved", "validated", "The way to validated is candidate, then validated.")]
    [InlineData("released", "candidate", "from there it can go to retired.")]
    [InlineData("released", "approved", "from there it can go to retired.")]
    [InlineData("released", "rejected", "from there it can go to retired.")]
    [InlineData("retired", "released", "that is its end.")]
    [InlineData("retired", "candidate", "that is its end.")]
    [InlineData("rejected", "validated", "that is its end.")]
    public async Task A_move_that_the_lifecycle_has_not_is_refused_with_the_ways_there_are(string from, string to, string message)
    {
        await fixture.AddPeopleAsync();
        int version = await fixture.TrainAsync();
        await BringToAsync(version, from);

        (await fixture.RefusalOf(() => fixture.PromoteAsync(version, to, "rita"), "MESH9623")).ShouldContain(message);

        (await fixture.StateOfAsync(version)).ShouldBe(from);
    }

    [Fact]
    public async Task Approval_needs_two_people_with_the_two_roles_and_says_what_is_missing()
    {
        await fixture.AddPeopleAsync();
        await fixture.AddAsync("sue", ["safety"]);
        int version = await fixture.TrainAsync();
        (await fixture.RefusalOf(() => fixture.ApproveAsync(version, "sam"), "MESH9626")).ShouldContain("is candidate, where nothing awaits approval; approvals are given to versions that are validated");
        await fixture.PromoteAsync(version, "validated", "erin");

        (await fixture.RefusalOf(() => fixture.PromoteAsync(version, "approved", "rita"), "MESH9625")).ShouldContain("there is none yet; missing is another person with the role safety, and one with release-manager");
        (await fixture.RefusalOf(() => fixture.ApproveAsync(version, "erin"), "MESH9622")).ShouldContain("needs one of the roles safety, release-manager; erin has engineer");
        await fixture.ApproveAsync(version, "sam");
        (await fixture.RefusalOf(() => fixture.PromoteAsync(version, "approved", "rita"), "MESH9625")).ShouldContain("there is one, by sam; missing is another person with the role release-manager");
        await fixture.ApproveAsync(version, "sue");
        (await fixture.RefusalOf(() => fixture.PromoteAsync(version, "approved", "rita"), "MESH9625")).ShouldContain("there are 2, by sam and sue; missing is another person with the role release-manager");
        await fixture.ApproveAsync(version, "rita");
        await fixture.PromoteAsync(version, "approved", "rita");
        (await fixture.StateOfAsync(version)).ShouldBe("approved");
    }

    [Fact]
    public async Task One_person_is_not_both_approvers_with_another_key_or_another_identity_either()
    {
        await fixture.AddPeopleAsync();
        await fixture.AddAsync("both", ["release-manager", "safety"]);
        await fixture.AddAsync("both", ["release-manager", "safety"], key: "both's other key");
        await fixture.AddAsync("both-at-home", ["release-manager"], person: "both");
        int version = await fixture.TrainAsync();
        await fixture.PromoteAsync(version, "validated", "erin");
        await fixture.ApproveAsync(version, "both");

        foreach (string again in (string[])["both", "both's other key", "both-at-home"])
        {
            (await fixture.RefusalOf(() => fixture.ApproveAsync(version, again), "MESH9626")).ShouldContain("both has approved manoeuvre@1 already");
        }

        (await fixture.RefusalOf(() => fixture.PromoteAsync(version, "approved", "rita"), "MESH9625")).ShouldContain("there is one, by both");
        await fixture.ApproveAsync(version, "sam");
        await fixture.PromoteAsync(version, "approved", "rita");
    }

    [Fact]
    public async Task The_owner_of_the_topology_that_asked_for_the_job_cannot_approve_its_model()
    {
        await fixture.AddPeopleAsync();
        await fixture.AddAsync("otto", ["safety"]);
        await fixture.AddAsync("otto-s", ["safety"], person: "otto");
        await fixture.Topologies.ActivateAsync(
            new Lakehouse.Topologies.StoredTopology { Name = "fleet", Version = 1, Yaml = "metadata: { name: fleet, owner: otto }", Digest = "d", FileName = "fleet.yaml" }, Stop);
        int version = await fixture.TrainAsync();
        await fixture.PromoteAsync(version, "validated", "erin");
        // The request of the fixture says version v1; events name it by its number.
        await fixture.Database.WriteAsync(
            transaction => transaction.ExecuteAsync("UPDATE jobs SET request = @bytes", new { bytes = Google.Protobuf.MessageExtensions.ToByteArray(Numbered()) }), Stop);

        foreach (string name in (string[])["otto", "otto-s"])
        {
            (await fixture.RefusalOf(() => fixture.ApproveAsync(version, name), "MESH9626")).ShouldContain("owns the topology whose rule asked for the job of manoeuvre@1");
        }

        await fixture.ApproveAsync(version, "sam");

        static Mesh.Kafka.Events.JobRequested Numbered()
        {
            var request = RunnerFixture.Request();
            request.TopologyVersion = "1";
            return request;
        }
    }

    [Fact]
    public async Task An_approval_does_not_outlive_a_move_back_or_a_change_of_the_lifecycle()
    {
        await fixture.AddPeopleAsync();
        int version = await fixture.TrainAsync();
        await fixture.PromoteAsync(version, "validated", "erin");
        await fixture.ApproveAsync(version, "sam");
        await fixture.PromoteAsync(version, "candidate", "erin");
        await fixture.PromoteAsync(version, "validated", "erin");
        await fixture.ApproveAsync(version, "rita");

        (await fixture.RefusalOf(() => fixture.PromoteAsync(version, "approved", "rita"), "MESH9625")).ShouldContain("there is one, by rita");

        await fixture.ApproveAsync(version, "sam");
        fixture.Open(GovernanceFixture.Simple.Replace("0.6", "0.5"));
        (await fixture.RefusalOf(() => fixture.PromoteAsync(version, "approved", "rita"), "MESH9625")).ShouldContain("there is none yet");
    }

    [Fact]
    public async Task Roles_gate_the_moves_and_a_reason_is_needed()
    {
        await fixture.AddPeopleAsync();
        int version = await fixture.TrainAsync();
        (await fixture.RefusalOf(() => fixture.PromoteAsync(version, "rejected", "erin"), "MESH9622")).ShouldContain("needs one of the roles safety, release-manager; erin has engineer");
        (await fixture.RefusalOf(() => fixture.PromoteAsync(version, "validated", "erin", "  "), "MESH9629")).ShouldContain("--reason");
        (await fixture.RefusalOf(() => fixture.PromoteAsync(7, "validated", "erin"), "MESH9620")).ShouldContain("There is no manoeuvre@7");
        await fixture.PromoteAsync(version, "rejected", "sam");
        (await fixture.Governance.Log.ListAsync("manoeuvre@1", 0, 10, Stop))[^1].Decision.Kind.ShouldBe(DecisionKind.Rejection);
    }

    [Fact]
    public async Task A_gate_that_fails_stops_the_move_and_stays_in_the_log()
    {
        await fixture.AddPeopleAsync();
        int version = await fixture.TrainAsync(accuracy: 0.5);

        (await fixture.RefusalOf(() => fixture.PromoteAsync(version, "validated", "erin"), "MESH9624")).ShouldContain("metric failed: accuracy is 0.5, asked for is at least 0.6");

        (await fixture.StateOfAsync(version)).ShouldBe("candidate");
        var entry = (await fixture.Governance.Log.ListAsync("manoeuvre@1", 0, 10, Stop)).ShouldHaveSingleItem().Decision;
        (entry.Kind, entry.Actor).ShouldBe((DecisionKind.Gates, "server"));
        entry.Details["outcome"]!.GetValue<string>().ShouldBe("failed");
    }

    [Fact]
    public async Task Signatures_of_strangers_revoked_keys_and_other_entries_are_refused()
    {
        await fixture.AddPeopleAsync();
        int version = await fixture.TrainAsync();
        using var stranger = SigningKey.Create();
        var request = new GovernanceRequest { Action = GovernanceAction.Promote, Model = "manoeuvre", Version = version, To = "validated", Reason = "r", KeySha256 = stranger.Sha256 };
        await fixture.RefusalOf(() => fixture.Governance.DraftAsync(request, Stop), "MESH9621");

        request = request with { KeySha256 = fixture.KeyOf("erin").Sha256 };
        string text = await fixture.Governance.DraftAsync(request, Stop);
        await fixture.RefusalOf(() => fixture.Governance.CommitAsync(request, text, stranger.Sign(text).Signature, Stop), "MESH9631");
        await fixture.RefusalOf(() => fixture.Governance.CommitAsync(request, text, fixture.KeyOf("erin").Sign(text + " ").Signature, Stop), "MESH9631");
        string other = text.Replace("\"reason\":\"r\"", "\"reason\":\"s\"");
        await fixture.RefusalOf(() => fixture.Governance.CommitAsync(request, other, fixture.KeyOf("erin").Sign(other).Signature, Stop), "MESH9630");
        string old = text.Replace("\"at\":\"20", "\"at\":\"19");
        await fixture.RefusalOf(() => fixture.Governance.CommitAsync(request, old, fixture.KeyOf("erin").Sign(old).Signature, Stop), "MESH9632");

        await fixture.Governance.RevokeAsync(fixture.KeyOf("erin").Sha256, "laptop lost", Stop);
        (await fixture.RefusalOf(() => fixture.PromoteAsync(version, "validated", "erin"), "MESH9621")).ShouldContain("was revoked");
        (await fixture.Governance.VerifyAsync(null, null, Stop)).Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_drafted_before_another_decision_has_to_be_drafted_again()
    {
        await fixture.AddPeopleAsync();
        int version = await fixture.TrainAsync();
        var request = new GovernanceRequest { Action = GovernanceAction.Promote, Model = "manoeuvre", Version = version, To = "validated", Reason = "r", KeySha256 = fixture.KeyOf("erin").Sha256 };
        string text = await fixture.Governance.DraftAsync(request, Stop);
        await fixture.WithdrawAsync("sam", new string('b', 64));

        var exception = await Should.ThrowAsync<MeshException>(() => fixture.Governance.CommitAsync(request, text, fixture.KeyOf("erin").Sign(text).Signature, Stop));

        (exception.Code, exception.IsTransient).ShouldBe(("MESH9630", true));
        await fixture.PromoteAsync(version, "validated", "erin");
    }

    [Fact]
    public async Task A_name_belongs_to_one_version_and_roles_and_the_server_cannot_be_taken()
    {
        await fixture.AddPeopleAsync();
        (await fixture.RefusalOf(() => fixture.AddAsync("sam", ["release-manager"]), "MESH9634")).ShouldContain("with the roles safety; another key needs the same");
        await fixture.RefusalOf(() => fixture.AddAsync("server", ["safety"]), "MESH9634");
        await fixture.RefusalOf(() => fixture.AddAsync("x", ["Safety Officer"]), "MESH9634");
        await fixture.RefusalOf(
            () => fixture.Governance.RegisterAsync(new IdentityRequest { Name = "twin", Roles = ["safety"], PublicKey = fixture.KeyOf("sam").PublicPem }, Stop), "MESH9634");
        await fixture.RefusalOf(() => fixture.Governance.RegisterAsync(new IdentityRequest { Name = "no-key", PublicKey = "hello" }, Stop), "MESH9605");
    }

    private async Task BringToAsync(int version, string state)
    {
        switch (state)
        {
            case "candidate":
                return;
            case "rejected":
                await fixture.PromoteAsync(version, "rejected", "sam");
                return;
            case "retired":
                await fixture.PromoteAsync(version, "retired", "sam");
                return;
            case "released":
                await fixture.ReleaseAsync(version);
                return;
        }

        await fixture.PromoteAsync(version, "validated", "erin");
        if (state == "validated") return;
        await fixture.ApproveAsync(version, "sam");
        await fixture.ApproveAsync(version, "rita");
        await fixture.PromoteAsync(version, "approved", "erin");
    }
}

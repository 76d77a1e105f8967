using Mesh.Testing;

namespace Mesh.Training.Tests.Governance;

public class RollbackTests : IDisposable
{
    private readonly GovernanceFixture fixture;

    public RollbackTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected RollbackTests(TestDatabase place) => fixture = new GovernanceFixture(place);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task Releasing_another_version_retires_the_one_before_and_a_rollback_goes_back_to_it()
    {
        await fixture.AddPeopleAsync();
        foreach (double accuracy in (double[])[0.90, 0.91, 0.92]) await fixture.ReleaseAsync(await fixture.TrainAsync(accuracy));
        (await StatesAsync()).ShouldBe(["retired", "retired", "released"]);

        await fixture.RollBackAsync("sam");
        (await StatesAsync()).ShouldBe(["retired", "released", "retired"]);
        await fixture.RollBackAsync("rita");
        (await StatesAsync()).ShouldBe(["released", "retired", "retired"]);
        (await fixture.RefusalOf(() => fixture.RollBackAsync("rita"), "MESH9627")).ShouldContain("no release of manoeuvre before version 1");

        var history = await fixture.Governance.ListReleasesAsync("manoeuvre", Stop);
        history.Select(entry => (entry.Version, entry.Kind, entry.EndedBy)).ShouldBe(
            [(1, "release", "release"), (2, "release", "release"), (3, "release", "rollback"), (2, "rollback", "rollback"), (1, "rollback", null)]);
        history[3].Reason.ShouldBe("it brakes late");
        history.Zip(history.Skip(1)).ShouldAllBe(pair => pair.First.Until == pair.Second.From);
        (await fixture.Governance.ListAliasesAsync("manoeuvre", Stop)).ShouldBe([("released", 1)]);
        (await fixture.Governance.VerifyAsync(null, null, Stop)).Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task After_a_rollback_the_next_release_and_rollback_end_where_they_began()
    {
        await fixture.AddPeopleAsync();
        foreach (double accuracy in (double[])[0.90, 0.91]) await fixture.ReleaseAsync(await fixture.TrainAsync(accuracy));
        await fixture.RollBackAsync("rita");
        await fixture.ReleaseAsync(await fixture.TrainAsync(0.92));

        await fixture.RollBackAsync("rita");

        (await StatesAsync()).ShouldBe(["released", "retired", "retired"]);
    }

    [Fact]
    public async Task A_released_version_that_is_retired_leaves_no_version_released_and_its_alias_goes()
    {
        await fixture.AddPeopleAsync();
        foreach (double accuracy in (double[])[0.90, 0.91]) await fixture.ReleaseAsync(await fixture.TrainAsync(accuracy));

        await fixture.PromoteAsync(2, "retired", "sam");

        (await fixture.Governance.ListAliasesAsync("manoeuvre", Stop)).ShouldBeEmpty();
        await fixture.RollBackAsync("sam");
        (await StatesAsync()).ShouldBe(["released", "retired"]);
    }

    [Fact]
    public async Task A_rollback_needs_its_role_and_does_not_go_back_to_a_version_that_saw_withdrawn_data()
    {
        await fixture.AddPeopleAsync();
        foreach (double accuracy in (double[])[0.90, 0.91]) await fixture.ReleaseAsync(await fixture.TrainAsync(accuracy));
        (await fixture.RefusalOf(() => fixture.RollBackAsync("erin"), "MESH9622")).ShouldContain("Rolling manoeuvre back needs one of the roles safety, release-manager");

        await fixture.WithdrawAsync("erin", RunnerFixture.Recording);

        (await fixture.RefusalOf(() => fixture.RollBackAsync("sam"), "MESH9624")).ShouldContain($"consent failed: it saw 1 recordings whose consent was withdrawn: {RunnerFixture.Recording}");
        (await StatesAsync()).ShouldBe(["retired", "released"]);
    }

    [Fact]
    public async Task Aliases_move_by_decision_only()
    {
        await fixture.AddPeopleAsync();
        int one = await fixture.TrainAsync();
        int two = await fixture.TrainAsync();
        int bad = await fixture.TrainAsync();
        await fixture.PromoteAsync(bad, "rejected", "sam");

        await fixture.NameAsync(one, "champion", "rita");
        await fixture.NameAsync(two, "champion", "rita");

        (await fixture.Governance.ListAliasesAsync("manoeuvre", Stop)).ShouldBe([("champion", two)]);
        (await fixture.Governance.ResolveAsync(Training.Governance.ModelReference.Parse("manoeuvre@champion"), Stop)).ShouldBe(two);
        (await fixture.RefusalOf(() => fixture.NameAsync(two, "champion", "rita"), "MESH9628")).ShouldContain("champion is manoeuvre@2 already");
        (await fixture.RefusalOf(() => fixture.NameAsync(two, "released", "rita"), "MESH9628")).ShouldContain("follows releases");
        (await fixture.RefusalOf(() => fixture.NameAsync(bad, "champion", "rita"), "MESH9628")).ShouldContain("is rejected");
        (await fixture.RefusalOf(() => fixture.NameAsync(one, "Champion!", "rita"), "MESH9628")).ShouldContain("no name for a version");
        (await fixture.RefusalOf(() => fixture.NameAsync(one, "champion", "erin"), "MESH9622")).ShouldContain("needs the role release-manager");
    }

    private async Task<string[]> StatesAsync() =>
        [.. (await new Mesh.Training.Models.ModelStore(fixture.Database).ListAsync("manoeuvre", Stop)).OrderBy(model => model.Version).Select(model => model.LifecycleState)];
}

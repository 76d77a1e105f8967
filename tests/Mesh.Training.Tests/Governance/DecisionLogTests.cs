using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Testing;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Policy;

namespace Mesh.Training.Tests.Governance;

public class DecisionLogTests : IDisposable
{
    private readonly GovernanceFixture fixture;
    private readonly TestDatabase place;

    public DecisionLogTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected DecisionLogTests(TestDatabase place)
    {
        this.place = place;
        fixture = new GovernanceFixture(place);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task Two_servers_that_decide_at_the_same_moment_do_not_fork_the_chain()
    {
        await fixture.AddPeopleAsync();
        using var otherDatabase = MetadataDatabase.Open(fixture.Models["mesh.db"], place.Connection, place.Schema);
        using var otherKey = SigningKey.Create();
        var other = new ModelGovernance(otherDatabase, Lifecycle.Default, otherKey, null, TimeProvider.System);

        await Task.WhenAll(new[] { (fixture.Governance, "sam"), (fixture.Governance, "erin"), (other, "rita"), (other, "sam") }.Select((party, number) => Task.Run(async () =>
        {
            for (int i = 0; i < 5; i++) await WithdrawAsync(party.Item1, party.Item2, number * 100 + i);
        })));

        var report = await other.VerifyAsync(null, null, Stop);
        report.Findings.ShouldBeEmpty();
        report.Entries.ShouldBe(4 + 20);
        (await other.ListWithdrawalsAsync(Stop)).Count.ShouldBe(20);
    }

    [Fact]
    public async Task Two_servers_find_gates_with_their_own_keys_in_one_chain()
    {
        await fixture.AddPeopleAsync();
        int version = await fixture.TrainAsync();
        using var otherDatabase = MetadataDatabase.Open(fixture.Models["mesh.db"], place.Connection, place.Schema);
        using var otherKey = SigningKey.Create();
        var other = new ModelGovernance(otherDatabase, Lifecycle.Default, otherKey, null, TimeProvider.System);

        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => (i % 2 == 0 ? fixture.Governance : other).EvaluateAsync("manoeuvre", version, "validated", Stop), Stop)));

        var report = await other.VerifyAsync(null, null, Stop);
        report.Findings.ShouldBeEmpty();
        report.Keys.Count.ShouldBe(2);
        report.Entries.ShouldBe(4 + 1 + 6);
    }

    [Fact]
    public async Task A_registry_of_the_release_before_gets_its_states()
    {
        int passed = await fixture.TrainAsync();
        int failed = await fixture.TrainAsync();
        await fixture.Database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync("DROP INDEX models_by_registration");
                await transaction.ExecuteAsync("ALTER TABLE models DROP COLUMN lifecycle_state");
                await transaction.ExecuteAsync("UPDATE models SET state = 'rejected' WHERE version = @failed", new { failed });
                await transaction.ExecuteAsync("UPDATE schema_versions SET version = 1 WHERE component = 'models'");
            },
            Stop);

        using var reopened = MetadataDatabase.Open(fixture.Models["mesh.db"], place.Connection, place.Schema);
        var models = new Mesh.Training.Models.ModelStore(reopened);

        (await models.FindAsync("manoeuvre", passed, Stop))!.LifecycleState.ShouldBe("candidate");
        (await models.FindAsync("manoeuvre", failed, Stop))!.LifecycleState.ShouldBe("rejected");
    }

    [Fact]
    public void A_private_key_is_readable_by_its_owner_alone_and_is_not_overwritten()
    {
        string path = fixture.Models["keys", "sam.pem"];
        using (var key = SigningKey.Create())
        {
            key.Write(path);
            using var read = SigningKey.Read(path);
            read.Sha256.ShouldBe(key.Sha256);
        }

        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var another = SigningKey.Create();
        Should.Throw<MeshException>(() => another.Write(path)).Code.ShouldBe("MESH9604");
        Should.Throw<MeshException>(() => SigningKey.Read(fixture.Models["template", "model_card.json"])).Code.ShouldBe("MESH9603");
    }

    private async Task WithdrawAsync(ModelGovernance governance, string by, int number)
    {
        var request = new GovernanceRequest
        {
            Action = GovernanceAction.Withdraw, Recordings = [Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(number)))], Reason = "asked",
            KeySha256 = fixture.KeyOf(by).Sha256,
        };
        while (true)
        {
            string text = await governance.DraftAsync(request, Stop);
            try
            {
                await governance.CommitAsync(request, text, fixture.KeyOf(by).Sign(text).Signature, Stop);
                return;
            }
            catch (MeshException exception) when (exception.IsTransient)
            {
                // Another was first; look again.
            }
        }
    }
}

using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Lakehouse.Topologies;
using Mesh.Model;
using Mesh.Testing;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Models;

namespace Mesh.Training.Tests.Governance;

/// <summary>Versions made by a shell script, and people with keys who decide about them. Gates that need an evaluation are left to other tests.</summary>
internal sealed class GovernanceFixture : IDisposable
{
    public const string Simple =
        """
        apiVersion: mesh/v1
        kind: Lifecycle
        metadata: { name: simple, owner: platform }
        states: [candidate, rejected, validated, approved, released, retired]
        transitions:
          - { from: [candidate], to: validated, gates: [{ gate: metric, metric: accuracy, min: 0.6 }, { gate: regression, metric: accuracy, maxRegression: 0.05 }, { gate: consent }] }
          - { from: [validated], to: approved, approvals: { people: 2, roles: [safety, release-manager] } }
          - { from: [approved], to: released, roles: [release-manager], gates: [{ gate: consent }] }
          - { from: [validated, approved], to: candidate }
          - { from: [candidate, validated, approved], to: rejected, roles: [safety, release-manager] }
          - { from: [candidate, validated, approved, released], to: retired, roles: [safety, release-manager] }
        rollback: { roles: [safety, release-manager], gates: [{ gate: consent }] }
        aliases: { roles: [release-manager] }
        """;

    private readonly Dictionary<string, SigningKey> keys = [];
    private readonly JobRunner runner;

    public GovernanceFixture(TestDatabase? place = null, string lifecycle = Simple)
    {
        Models = new RunnerFixture(place);
        ServerKey = SigningKey.ReadOrCreate(Models["governance", "server.pem"]);
        Topologies = new TopologyStore(Models.Database);
        Recordings = new RecordingStore(Models.Database, TimeProvider.System);
        Governance = Open(lifecycle);
        runner = Models.Runner("$GOOD; $SUCCESS");
    }

    public RunnerFixture Models { get; }

    public SigningKey ServerKey { get; }

    public TopologyStore Topologies { get; }

    public RecordingStore Recordings { get; }

    public ModelGovernance Governance { get; private set; }

    public MetadataDatabase Database => Models.Database;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>The same database under another lifecycle.</summary>
    public ModelGovernance Open(string lifecycle, Storage.IObjectStore? lake = null)
    {
        File.WriteAllText(Models["lifecycle.yaml"], lifecycle);
        return Governance = new ModelGovernance(Database, Lifecycle.Load(Models["lifecycle.yaml"]), ServerKey, lake, TimeProvider.System);
    }

    /// <summary>Makes the next version of the model.</summary>
    public async Task<int> TrainAsync(double accuracy = 0.9, Action<Dictionary<string, object>>? change = null)
    {
        Models.WriteTemplate(accuracy, change);
        var job = await Models.RunAsync(runner, RunnerFixture.Request(Guid.NewGuid().ToString("N")));
        return job.ModelVersion ?? throw new InvalidOperationException(job.Reason);
    }

    /// <summary>What the trainers of later versions leave as evaluation.json.</summary>
    public void Report(string evaluation) => File.WriteAllText(Models["template", "evaluation.json"], evaluation);

    /// <summary>A lifecycle whose only gates on the way to validated are these.</summary>
    public ModelGovernance OpenWith(string gates, Storage.IObjectStore? lake = null) => Open(
        string.Join('\n', Simple.Split('\n').Select(line => line.Contains("to: validated") ? $"  - {{ from: [candidate], to: validated, gates: [{gates}] }}" : line)), lake);

    /// <summary>Registers a person; the key is known under the name of the key, or of the identity.</summary>
    public async Task AddAsync(string name, string[] roles, string person = "", string? key = null)
    {
        var made = SigningKey.Create();
        await Governance.RegisterAsync(new IdentityRequest { Name = name, Person = person, Roles = roles, PublicKey = made.PublicPem }, Stop);
        keys[key ?? name] = made;
    }

    /// <summary>The people most tests need.</summary>
    public async Task AddPeopleAsync()
    {
        await AddAsync("erin", ["engineer"]);
        await AddAsync("sam", ["safety"]);
        await AddAsync("rita", ["release-manager"]);
    }

    public SigningKey KeyOf(string name) => keys[name];

    public Task<SignedDecision> PromoteAsync(int version, string to, string by, string reason = "because") =>
        DecideAsync(new GovernanceRequest { Action = GovernanceAction.Promote, Model = "manoeuvre", Version = version, To = to, Reason = reason, KeySha256 = KeyOf(by).Sha256 }, by);

    public Task<SignedDecision> ApproveAsync(int version, string by, string reason = "looks right") =>
        DecideAsync(new GovernanceRequest { Action = GovernanceAction.Approve, Model = "manoeuvre", Version = version, Reason = reason, KeySha256 = KeyOf(by).Sha256 }, by);

    public Task<SignedDecision> RollBackAsync(string by, string reason = "it brakes late") =>
        DecideAsync(new GovernanceRequest { Action = GovernanceAction.Rollback, Model = "manoeuvre", Reason = reason, KeySha256 = KeyOf(by).Sha256 }, by);

    public Task<SignedDecision> NameAsync(int version, string alias, string by) =>
        DecideAsync(new GovernanceRequest { Action = GovernanceAction.Alias, Model = "manoeuvre", Version = version, Alias = alias, Reason = "best so far", KeySha256 = KeyOf(by).Sha256 }, by);

    public Task<SignedDecision> WithdrawAsync(string by, params string[] recordings) =>
        DecideAsync(new GovernanceRequest { Action = GovernanceAction.Withdraw, Recordings = recordings, Reason = "the driver asked", KeySha256 = KeyOf(by).Sha256 }, by);

    public async Task<SignedDecision> DecideAsync(GovernanceRequest request, string by)
    {
        string text = await Governance.DraftAsync(request, Stop);
        return await Governance.CommitAsync(request, text, KeyOf(by).Sign(text).Signature, Stop);
    }

    /// <summary>Takes a version all the way.</summary>
    public async Task ReleaseAsync(int version)
    {
        await PromoteAsync(version, "validated", "erin");
        await ApproveAsync(version, "sam");
        await ApproveAsync(version, "rita");
        await PromoteAsync(version, "approved", "erin");
        await PromoteAsync(version, "released", "rita");
    }

    public async Task<string> StateOfAsync(int version) =>
        (await new ModelStore(Database).FindAsync("manoeuvre", version, Stop))!.LifecycleState;

    public async Task<string> RefusalOf(Func<Task> decision, string code)
    {
        var exception = await Should.ThrowAsync<MeshException>(decision);
        exception.Code.ShouldBe(code, exception.Message);
        return exception.Message;
    }

    public void Dispose()
    {
        Models.Dispose();
        ServerKey.Dispose();
        foreach (var key in keys.Values) key.Dispose();
    }
}

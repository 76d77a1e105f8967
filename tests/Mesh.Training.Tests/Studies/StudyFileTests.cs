using System.Text.Json.Nodes;
using Mesh.Model;
using Mesh.Streaming.Topologies;
using Mesh.Testing;
using Mesh.Training.Search;
using Mesh.Training.Studies;

namespace Mesh.Training.Tests.Studies;

public sealed class StudyFileTests : IDisposable
{
    private const string Rich =
        """
        apiVersion: mesh/v1
        kind: Study
        metadata: { name: rich, owner: perception }
        from: { rule: retrain, products: [perception.frames] }
        job: { trainer: builtin/manoeuvre, model: m, pool: gpu, hyperparameters: { epochs: 30 } }
        space:
          optimiser: { choices: [sgd, adam] }
          momentum: { uniform: [0, 0.9], step: 0.1, when: { optimiser: [sgd] } }
          rate: { logUniform: [1e-4, 0.1] }
          layers: { integer: [1, 9], step: 2 }
          units: { logInteger: [8, 512] }
        objective: { metric: loss, direction: minimise, step: step }
        sampler: { kind: tpe, startup: 4, gamma: 0.2, candidates: 50, multivariate: false }
        scheduler: { kind: asha, grace: 2, reduction: 4, most: 64 }
        budget: { trials: 40, duration: 2h, jobTime: 5h, cost: 12.5, pricePerHour: 2.5 }
        parallel: 3
        seed: 9
        register: none
        """;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Everything_that_a_file_says_is_read()
    {
        var study = StudyDefinition.Parse(Rich, "rich.yaml");

        (study.Name, study.Owner, study.Rule, study.Trainer, study.Model, study.Pool, study.Metric, study.CountsSteps, study.Parallel, study.RegistersBest)
            .ShouldBe(("rich", "perception", "retrain", "builtin/manoeuvre", "m", "gpu", "loss", true, 3, false));
        study.Products.ShouldBe(["perception.frames"]);
        study.Hyperparameters["epochs"].ShouldBe("30");
        study.Budget.ShouldBe(new StudyBudget { Trials = 40, Duration = TimeSpan.FromHours(2), JobTime = TimeSpan.FromHours(5), Cost = 12.5, PricePerHour = 2.5 });
        study.Search.Sampler.ShouldBe(new SamplerOptions { Kind = SamplerKind.Tpe, Startup = 4, Gamma = 0.2, Candidates = 50, Multivariate = false });
        study.Search.Scheduler.ShouldBe(new SchedulerOptions { Kind = SchedulerKind.Asha, Grace = 2, Reduction = 4, Most = 64 });
        (study.Search.Direction, study.Search.Seed, study.Search.Trials).ShouldBe((SearchDirection.Minimise, 9UL, 40));
        study.Space.Parameters.Select(parameter => (parameter.Name, parameter.Kind, parameter.Low, parameter.High, parameter.Step)).ShouldBe(
        [
            ("optimiser", ParameterKind.Categorical, 0, 0, 0), ("momentum", ParameterKind.Uniform, 0, 0.9, 0.1), ("rate", ParameterKind.LogUniform, 1e-4, 0.1, 0),
            ("layers", ParameterKind.Integer, 1, 9, 2), ("units", ParameterKind.LogInteger, 8, 512, 1),
        ]);
        study.Space.Parameters[1].Condition!.Values.ShouldBe(["sgd"]);
    }

    [Theory]
    [InlineData("kind: Study", "kind: Topology", "rich.yaml:2:7", "write Study")]
    [InlineData("name: rich", "name: Rich!", "rich.yaml:3:19", "no name")]
    [InlineData("logUniform: [1e-4, 0.1]", "logUniform: [0, 0.1]", "rich.yaml:9:9", "lower bound must be positive")]
    [InlineData("logUniform: [1e-4, 0.1]", "logUnifrom: [0, 0.1]", "rich.yaml:9:11", "Did you mean 'logUniform'")]
    [InlineData("uniform: [0, 0.9]", "uniform: [0]", "rich.yaml:8:13", "smallest and the largest")]
    [InlineData("when: { optimiser: [sgd] }", "when: { optimiser: [sdg] }", "rich.yaml:8:13", "none of the choices")]
    [InlineData("integer: [1, 9], step: 2", "integer: [1, 8], step: 2", "rich.yaml:10:11", "no whole number of steps")]
    [InlineData("epochs: 30", "rate: 30", "rich.yaml:5:82", "is searched")]
    [InlineData("direction: minimise", "direction: down", "rich.yaml:12:39", "none of maximise, minimise")]
    [InlineData("kind: asha, grace: 2, reduction: 4, most: 64", "kind: hyperband", "rich.yaml:14:12", "needs 'most'")]
    [InlineData("grace: 2", "startup: 2", "rich.yaml:14:26", "startup")]
    [InlineData("trials: 40, duration: 2h, jobTime: 5h, cost: 12.5, pricePerHour: 2.5", "", "rich.yaml:15:9", "never end")]
    [InlineData(", pricePerHour: 2.5", "", "rich.yaml:15:9", "needs 'pricePerHour'")]
    [InlineData("parallel: 3", "parallel: 0", "rich.yaml:16:11", "from 1 to 100")]
    [InlineData("register: none", "register: all", "rich.yaml:18:11", "neither best nor none")]
    public void What_is_wrong_is_told_with_its_line(string part, string instead, string place, string message)
    {
        Rich.ShouldContain(part);

        var error = Should.Throw<MeshException>(() => StudyDefinition.Parse(Rich.Replace(part, instead), "rich.yaml"));

        error.Code.ShouldBe("MESH9360");
        error.Message.Split('\n').ShouldContain(line => line.StartsWith(place, StringComparison.Ordinal) && line.Contains(message), error.Message);
    }

    [Fact]
    public async Task The_schema_takes_what_is_right_and_refuses_what_is_not()
    {
        string shipped = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "studies", "manoeuvre-search.yaml"), TestContext.Current.CancellationToken);
        StudyDefinition.Parse(shipped, "manoeuvre-search.yaml").Name.ShouldBe("manoeuvre-search");
        var documents = new JsonObject { ["shipped"] = ToJson(shipped), ["rich"] = ToJson(Rich), ["small"] = ToJson(StudyFixture.Yaml()) };
        (string Part, string Instead)[] broken =
        [
            ("kind: Study", "kind: Topology"), ("name: rich", "name: Rich"), ("from: { rule: retrain, products: [perception.frames] }", "from: { }"), ("logUniform: [1e-4, 0.1]", "logUniform: [1e-4]"),
            ("logUnifo", "logUnifro"), ("choices: [sgd, adam]", "choices: [sgd]"), ("metric: loss, ", ""), ("kind: asha", "kind: asho"), ("kind: asha, grace: 2, reduction: 4, most: 64", "kind: hyperband"),
            (", pricePerHour: 2.5", ""), ("parallel: 3", "parallel: 0"), ("gamma: 0.2", "gamma: 1"), ("duration: 2h", "duration: 2"),
        ];
        for (int i = 0; i < broken.Length; i++)
        {
            Rich.ShouldContain(broken[i].Part);
            string yaml = Rich.Replace(broken[i].Part, broken[i].Instead);
            documents[$"broken-{i}"] = ToJson(yaml);
            Should.Throw<MeshException>(() => StudyDefinition.Parse(yaml, "broken.yaml"), broken[i].Part).Code.ShouldBe("MESH9360");
        }

        await File.WriteAllTextAsync(folder["documents.json"], documents.ToJsonString(), TestContext.Current.CancellationToken);
        var errors = await NodeScript.RunAsync("validate-schema.mjs", Path.Combine(Repository.Root, "schemas", "study.schema.json"), folder["documents.json"]);

        foreach (var document in errors.EnumerateObject())
        {
            (document.Value.GetArrayLength() == 0).ShouldBe(!document.Name.StartsWith("broken", StringComparison.Ordinal), $"{document.Name}: {document.Value}");
        }
    }

    private static JsonNode? ToJson(string yaml) => TopologyNode.Load(yaml, new TopologyErrors("study.yaml"))!.ToJson();
}

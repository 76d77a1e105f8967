using Mesh.Commands.Configuration;
using Mesh.Commands.Jobs;
using Mesh.Commands.Topologies;
using Mesh.Model;
using Mesh.Streaming.Topologies;
using Mesh.Testing;
using Mesh.Training.Pools;

namespace Mesh.Commands.Tests.Jobs;

public sealed class PoolSettingsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Nothing_has_to_be_declared()
    {
        var pools = Read("log: { level: warning }");

        pools.All.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            pool => pool.Name.ShouldBe("cpu"), pool => pool.Runner.ShouldBe(PoolRunner.Process), pool => pool.Slots.ShouldBe(1), pool => pool.Accelerator.ShouldBe("cpu"));
        pools.Budgets.ShouldBeEmpty();
    }

    [Fact]
    public void Pools_and_budgets_are_read_as_the_documentation_writes_them()
    {
        var pools = Read(
            """
            pools:
              cpu: { slots: 2, cores: 8, memory: 32GiB }
              gpu-spot:
                runner: kubernetes
                accelerator: nvidia-h200
                accelerators: 8
                slots: 8
                pricePerHour: 1.99
                spot: true
                kubeconfig: /etc/mesh/kubeconfig
                namespace: ml
                image: example.org/mesh@sha256:abc
                claim: mesh-jobs
                resource: nvidia.com/gpu
                queue: team-a
                nodeSelector: eks.amazonaws.com/capacityType=SPOT, zone=a
                tolerations: spot=true:NoSchedule, nvidia.com/gpu
                runAs: 1000:1000
            budgets: { Perception: 500 }
            """);

        pools.All.Select(pool => pool.Name).ShouldBe(["cpu", "gpu-spot"]);
        (pools.Find("cpu")!.Cores, pools.Find("cpu")!.MemoryBytes).ShouldBe((8, 32L << 30));
        var gpu = pools.Find("GPU-spot")!;
        (gpu.PriceMicrosPerHour, gpu.Spot, gpu.Accelerators).ShouldBe((1_990_000, true, 8));
        var cluster = gpu.Kubernetes!;
        (cluster.Namespace, cluster.Resource, cluster.Queue, cluster.ClaimPath, cluster.RunAs).ShouldBe(("ml", "nvidia.com/gpu", "team-a", "jobs", (1000u, 1000u)));
        cluster.NodeSelector.ShouldBe(new Dictionary<string, string> { ["eks.amazonaws.com/capacityType"] = "SPOT", ["zone"] = "a" });
        cluster.Tolerations.ShouldBe([("spot", "true", "NoSchedule"), ("nvidia.com/gpu", "", "")]);
        pools.BudgetOf("perception").ShouldBe(500_000_000);
    }

    [Theory]
    [InlineData("pools: { gpu: { slot: 4 } }", "MESH11003", "a pool has no `slot`; it has runner, slots")]
    [InlineData("pools: { gpu: { slots: 0 } }", "MESH11001", "but should be a number from 1 on")]
    [InlineData("pools: { gpu: { accelerator: tpu } }", "MESH11001", "nvidia-... or qualcomm-cloud-ai-100")]
    [InlineData("pools: { gpu: { runner: slurm } }", "MESH11001", "process or kubernetes")]
    [InlineData("pools: { gpu: { runner: kubernetes, claim: c } }", "MESH11001", "needs `image`")]
    [InlineData("pools: { gpu: { pricePerHour: -1 } }", "MESH11001", "an amount such as 4.10")]
    [InlineData("pools: { gpu_1: { slots: 1 } }", "MESH11001", "lower-case letters, digits and '-'")]
    [InlineData("budgets: { fleet: much }", "MESH11001", "an amount such as 4.10")]
    public void What_is_wrong_is_told_with_its_line(string yaml, string code, string expected)
    {
        var exception = Should.Throw<MeshException>(() => Read("# first line\n" + yaml));

        exception.Code.ShouldBe(code);
        exception.Message.ShouldContain(expected);
        exception.Message.ShouldContain("mesh.yaml:2");
    }

    [Fact]
    public void A_training_rule_for_Cloud_AI_100_is_refused_when_it_is_planned_with_file_and_line_and_what_works()
    {
        var pools = Read("pools: { gpu: { accelerator: nvidia-l4, accelerators: 4 }, aic: { accelerator: qualcomm-cloud-ai-100, accelerators: 4 } }");

        string errors = Errors("{ trainer: python3 train.py, pool: aic }", pools);
        errors.ShouldBe(
            "fleet.yaml:11:45: Pool 'aic': Cloud AI 100 is an inference accelerator; it runs compiled models and computes no gradients, so it cannot train. "
            + "What works: kind: train on pool gpu (nvidia-l4), then kind: compile on aic.");
        Errors("{ trainer: c, kind: finetune, resources: { accelerator: qualcomm-cloud-ai-100 } }", pools).ShouldContain("so it cannot finetune");
        Errors("{ trainer: c, kind: compile, pool: aic }", pools).ShouldBeEmpty();
        Errors("{ trainer: c, pool: tpu }", pools).ShouldContain("There is no pool 'tpu'; mesh.yaml declares cpu, aic, gpu.");
        Errors("{ trainer: c, resources: { accelerator: nvidia-*, accelerators: 8 } }", pools).ShouldContain("it has 4 accelerators, the job needs 8");
        Errors("{ trainer: c, pool: aic }", null).ShouldBeEmpty("what is in force already is not refused");
    }

    private static string Errors(string job, PoolSet? pools)
    {
        var topology = Topology.Parse(
            $$"""
            apiVersion: mesh/v1
            kind: Topology
            metadata: { name: fleet, owner: platform }
            source: { topic: fleet.uploads.v1, group: mesh.ingest }
            products:
              - { name: chassis.imu, from: { schema: sensor_msgs/msg/Imu } }
            triggers:
              - name: retrain
                on: [chassis.imu]
                when: { newRows: 5 }
                job: {{job}}
            """, "fleet.yaml");
        TopologyPlan.Read(topology, pools);
        return string.Join('\n', topology.Errors.All);
    }

    private PoolSet Read(string yaml)
    {
        File.WriteAllText(folder["mesh.yaml"], yaml);
        return PoolSettings.Read(Settings.Read(new Dictionary<SettingKey, (string, string)>(), new Dictionary<string, string>(), folder["mesh.yaml"]));
    }
}

using Mesh.Model;
using Mesh.Training.Pools;

namespace Mesh.Training.Tests.Pools;

public class PoolSetTests
{
    private static readonly PoolOptions Cpu = new() { Name = "cpu" };
    private static readonly PoolOptions Gpu = new() { Name = "gpu", Accelerator = "nvidia-h200", Accelerators = 8, PriceMicrosPerHour = 4_000_000 };
    private static readonly PoolOptions Cheap = new() { Name = "gpu-small", Accelerator = "nvidia-l4", Accelerators = 2, PriceMicrosPerHour = 1_000_000 };
    private static readonly PoolOptions Aic = new() { Name = "aic", Accelerator = "qualcomm-cloud-ai-100", Accelerators = 4, PriceMicrosPerHour = 900_000 };

    [Theory]
    [InlineData(JobKind.Train)]
    [InlineData(JobKind.Finetune)]
    public void Training_on_Cloud_AI_100_is_refused_with_the_nearest_that_works(JobKind kind)
    {
        string? why = new PoolSet([Cpu, Gpu, Cheap, Aic]).WhyRefused("aic", kind, new JobNeeds(), 0, "");

        why.ShouldBe(
            $"Pool 'aic': Cloud AI 100 is an inference accelerator; it runs compiled models and computes no gradients, so it cannot {kind.ToWord()}. "
            + $"What works: kind: {kind.ToWord()} on pool gpu-small (nvidia-l4), then kind: compile on aic.");
    }

    [Fact]
    public void Asked_for_by_class_it_is_refused_the_same_way_though_there_is_no_such_pool()
    {
        var pools = new PoolSet([Cpu]);

        pools.WhyRefused("", JobKind.Train, new JobNeeds { Accelerator = "qualcomm-*" }, 0, "")!
            .ShouldEndWith("What works: kind: train on pool cpu, then kind: compile on a pool of Cloud AI 100.");
        pools.WhyRefused("", JobKind.Compile, new JobNeeds { Accelerator = "qualcomm-*" }, 0, "")!.ShouldStartWith("No pool fits: cpu: Pool 'cpu' is of class cpu, not qualcomm-*");
    }

    [Theory]
    [InlineData(JobKind.Compile, true)]
    [InlineData(JobKind.Calibrate, true)]
    [InlineData(JobKind.Evaluate, true)]
    [InlineData(JobKind.Serve, true)]
    [InlineData(JobKind.Quantise, false)]
    [InlineData(JobKind.Prune, false)]
    public void Cloud_AI_100_takes_what_runs_models(JobKind kind, bool isTaken) =>
        (new PoolSet([Cpu, Aic]).WhyRefused("aic", kind, new JobNeeds(), 0, "") is null).ShouldBe(isTaken);

    [Fact]
    public void A_job_that_trains_never_lands_there_though_it_would_be_the_cheapest() =>
        new PoolSet([Gpu, Aic]).CandidatesOf("", JobKind.Train, new JobNeeds { Accelerators = 1 }).Select(pool => pool.Name).ShouldBe(["gpu"]);

    [Theory]
    [InlineData("tpu", 0, 0, "There is no pool 'tpu'; mesh.yaml declares cpu, gpu.")]
    [InlineData("gpu", 9, 0, "Pool 'gpu' is too small: it has 8 accelerators, the job needs 9.")]
    [InlineData("cpu", 1, 0, "Pool 'cpu' is too small: it has 0 accelerators, the job needs 1.")]
    [InlineData("gpu", 0, 101, "Priority 101 is not between -100 and 100.")]
    public void What_could_never_run_is_refused_at_once(string pool, int accelerators, int priority, string expected) =>
        new PoolSet([Cpu, Gpu]).WhyRefused(pool, JobKind.Train, new JobNeeds { Accelerators = accelerators }, priority, "")!.ShouldStartWith(expected);

    [Fact]
    public void What_costs_more_than_a_months_budget_is_refused_at_once()
    {
        var pools = new PoolSet([Gpu], new Dictionary<string, long> { ["fleet"] = 3_000_000 });

        pools.WhyRefused("gpu", JobKind.Train, new JobNeeds { MaxSeconds = 3600 }, 0, "Fleet")!.ShouldStartWith("3600 seconds cost 4.00, more than the 3.00 that team 'Fleet' may spend in a month.");
        pools.WhyRefused("gpu", JobKind.Train, new JobNeeds { MaxSeconds = 2700 }, 0, "Fleet").ShouldBeNull();
    }
}

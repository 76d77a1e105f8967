using Mesh.Testing;
using Mesh.Training.Compression;

namespace Mesh.Training.Tests.Compression;

/// <summary>Vendors' tools that are at hand; scripts stand in for them.</summary>
public sealed class VendorToolTests : IDisposable
{
    private const string Engine =
        """
        profiles:
          - { name: engine, target: tensorrt, compiler: { version: "10.3", timeLimit: TIME } }
        """;

    private readonly CompressionFixture fixture = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task A_tool_on_the_path_is_run_in_the_variants_folder_and_what_it_makes_belongs_to_the_variant()
    {
        await fixture.RegisterTrainedAsync();
        fixture.AddTool("trtexec", "echo '&&&& RUNNING TensorRT.trtexec [TensorRT v100300]' \"$@\"; test -f model_qdq.onnx && test -z \"$MESH_SECRET\" && echo engine > model.plan");

        var made = await MakeAsync(Engine.Replace("TIME", "1m"));

        (made.Status, made.Reason.StartsWith("within its bounds", StringComparison.Ordinal)).ShouldBe((VariantStatus.Ready, true), made.Reason);
        var command = made.Commands.ShouldHaveSingleItem();
        (command.Program, command.Ran, command.ExitCode, command.ToolVersion, command.Reason).ShouldBe(("trtexec", true, 0, "10.3.0", null));
        made.Files.Select(file => (file.Path, file.Role)).ShouldContain(("model.plan", VariantRoles.Compiled));
        made.Files.Select(file => (file.Path, file.Role)).ShouldContain(("logs/1-trtexec.log", VariantRoles.Log));
        (await File.ReadAllTextAsync(fixture.VariantOf("engine", "logs", "1-trtexec.log"), Stop)).ShouldContain("--onnx=model_qdq.onnx --saveEngine=model.plan --int8");
    }

    [Fact]
    public async Task Cloud_AI_100_gets_its_program_container_from_either_name_of_the_tool_and_qairt_its_two_steps()
    {
        await fixture.RegisterTrainedAsync();
        fixture.AddTool("qaic-exec", "for a; do case $a in -aic-binary-dir=*) d=${a#*=};; esac; done; test ! -e $d && mkdir $d && echo qpc > $d/programqpc.bin && echo 'compiler version: 1.21.2.0'");
        fixture.AddTool("qairt-converter", "echo dlc > qairt/model.dlc");
        fixture.AddTool("qairt-quantizer", "test -f qairt/model.dlc && head -1 input_list.txt | cut -d= -f2 | xargs test -f && cp qairt/model.dlc qairt/model_quantised.dlc");
        var runner = fixture.Runner(
            """
            profiles:
              - { name: aic, target: qaic }
              - { name: aic-triton, target: triton, precision: fp16, triton: { backend: qaic } }
              - { name: qnn, target: qnn, calibration: { samples: 3 } }
            """);

        await fixture.RunAsync(runner);

        var made = await fixture.ManifestsAsync(runner);
        made.Values.ShouldAllBe(manifest => manifest.Status == VariantStatus.Ready, string.Join('\n', made.Values.Select(manifest => manifest.Reason)));
        (made["aic"].Commands[0].Program, made["aic"].Commands[0].ToolVersion).ShouldBe(("qaic-exec", "1.21.2.0"));
        made["aic"].Files.Select(file => file.Path).ShouldContain("qpc/programqpc.bin");
        made["aic-triton"].Files.Select(file => file.Path).ShouldContain("repository/manoeuvre/1/qpc/programqpc.bin");
        made["qnn"].Commands.Select(command => command.ExitCode).ShouldBe([0, 0]);
    }

    [Theory]
    [InlineData("echo cannot; exit 3", "1m", 3, "trtexec: exit code 3; see logs/1-trtexec.log")]
    [InlineData("echo nothing", "1m", 0, "trtexec: exit code 0, but it left no model.plan; see logs/1-trtexec.log")]
    [InlineData("sleep 60 & wait", "300ms", null, "trtexec: killed after 0.3 s; see logs/1-trtexec.log, or allow more with compiler.timeLimit")]
    public async Task A_tool_that_fails_makes_the_variant_fail_with_the_reason(string script, string time, int? exitCode, string reason)
    {
        await fixture.RegisterTrainedAsync();
        fixture.AddTool("trtexec", script);

        var made = await MakeAsync(Engine.Replace("TIME", time));

        (made.Status, made.Reason, made.Commands[0].Ran, made.Commands[0].ExitCode).ShouldBe((VariantStatus.Failed, reason, true, exitCode));
        made.Validation.ShouldNotBeNull();
        made.Files.Select(file => file.Path).ShouldContain("logs/1-trtexec.log");
    }

    [Fact]
    public async Task A_tool_that_the_file_names_elsewhere_is_taken_from_there_or_not_at_all()
    {
        await fixture.RegisterTrainedAsync();
        fixture.AddTool("trtexec", "echo from-path > model.plan");
        fixture.AddTool("trtexec-of-ours", "echo ours > model.plan");

        await MakeAsync($"tools: {{ trtexec: '{fixture["bin", "trtexec-of-ours"]}' }}\n" + Engine.Replace("TIME", "1m"));
        (await File.ReadAllTextAsync(fixture.VariantOf("engine", "model.plan"), Stop)).ShouldBe("ours\n");

        var runner = fixture.Runner("tools: { trtexec: /nowhere/trtexec }\n" + Engine.Replace("TIME", "1m"));
        await runner.RequestAsync(CompressionFixture.Model, 1, [], Stop);
        await runner.RunNextAsync(Stop);
        var again = (await fixture.ManifestsAsync(runner))["engine"];
        (again.Status, again.Commands[0].Reason).ShouldBe((VariantStatus.InputsOnly, "trtexec is not at '/nowhere/trtexec', where `tools` of the compression targets has it"));
    }

    private async Task<VariantManifest> MakeAsync(string yaml)
    {
        var runner = fixture.Runner(yaml);
        await fixture.RunAsync(runner);
        return (await fixture.ManifestsAsync(runner))["engine"];
    }
}

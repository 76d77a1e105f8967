namespace Mesh.Cli.Tests;

/// <summary>The table of docs/reference, command by command where no server is needed.</summary>
public sealed class ExitCodesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mesh-exit").FullName;

    [Theory]
    [InlineData(0, "config show")]
    [InlineData(0, "config show --json")]
    [InlineData(0, "recordings list --help")]
    [InlineData(0, "--version")]
    [InlineData(0, "completion bash")]
    [InlineData(0, "models lifecycle --json")]
    [InlineData(1, "recordings list --server http://127.0.0.1:9 --json")]
    [InlineData(1, "inspect there-is-none.mcap")]
    [InlineData(1, "topology validate there-is-none.yaml")]
    [InlineData(1, "config show --config there-is-none.yaml")]
    [InlineData(1, "doctor there-is-none.mcap")]
    [InlineData(2, "")]
    [InlineData(2, "recordings")]
    [InlineData(2, "recordings lst")]
    [InlineData(2, "recordings list --limit many")]
    [InlineData(2, "recordings show")]
    [InlineData(2, "catalogue compact --data nowhere --server ftp://x")]
    [InlineData(2, "config show there.is.none")]
    [InlineData(2, "deadletters drop --reason x --server http://127.0.0.1:9")]
    public async Task A_command_ends_with_the_code_the_table_says(int code, string line) =>
        (await MeshProgram.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ShouldBe(code, line);

    [Fact]
    public async Task A_recording_that_lost_data_is_worked_on_and_ends_with_3()
    {
        string whole = Path.Combine(folder, "whole.mcap"), cut = Path.Combine(folder, "cut.mcap");
        (await MeshProgram.RunAsync(["simulate", "-o", whole, "--duration", "2s"])).ShouldBe(ExitCodes.Done);
        byte[] bytes = await File.ReadAllBytesAsync(whole, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(cut, bytes[..(bytes.Length / 2)], TestContext.Current.CancellationToken);

        (await MeshProgram.RunAsync(["inspect", whole])).ShouldBe(ExitCodes.Done);
        (await MeshProgram.RunAsync(["inspect", cut])).ShouldBe(ExitCodes.DataLoss);
        (await MeshProgram.RunAsync(["recover", cut, "-o", Path.Combine(folder, "clean.mcap")])).ShouldBe(ExitCodes.DataLoss);
        (await MeshProgram.RunAsync(["doctor", cut])).ShouldBe(ExitCodes.DataLoss);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}

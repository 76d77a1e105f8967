using System.Text.Json;
using System.Xml.Linq;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>The demo's model is compressed: by the server on its own, by hand with a server, by hand without one.</summary>
public sealed class CompressionCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Data => folder["demo"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_registered_model_gets_its_variants_and_commands_show_and_make_them_with_a_server_and_without()
    {
        var (exitCode, output, errors) = await MeshProcess.RunAsync("demo", "--data", Data);
        exitCode.ShouldBe(0, errors + output);

        await using (await MeshProcess.UpAsync(Data))
        {
            // Nobody asks: the registration does.
            await Eventually.TrueAsync(
                async () => (await VariantsAsync()).GetProperty("compressions").EnumerateArray().Any(compression => compression.GetProperty("state").GetString() == "done"), TestContext.Current.CancellationToken);
            var view = await VariantsAsync();
            view.GetProperty("compressions").EnumerateArray().ShouldHaveSingleItem().GetProperty("compression_id").GetString().ShouldBe("manoeuvre@1");
            view.GetProperty("variants").EnumerateArray().Select(variant => variant.GetProperty("manifest").GetProperty("profile").GetString())
                .ShouldBe(["cloud-ai-100", "cpu-int8", "qnn-int8", "tensorrt-int8"]);
            view.GetProperty("trade_off")[0].GetProperty("accuracy").GetDouble().ShouldBeGreaterThan(0.6);

            // Outside of its bounds or not is the data's to say; 1 is told apart from bad usage.
            (await MeshProcess.RunAsync("models", "compress", "manoeuvre@1", "--profile", "cpu-int8", "--data", Data)).ExitCode.ShouldBeInRange(0, 1);
            (await VariantsAsync()).GetProperty("compressions")[0].GetProperty("compression_id").GetString().ShouldBe("manoeuvre@1/2");
            // Both are told on the log, the one by itself and the one asked for.
            await Eventually.TrueAsync(
                async () => (await MeshProcess.RunJsonAsync("topics", "list", "--json", "--data", Data)).EnumerateArray()
                    .Single(topic => topic.GetProperty("name").GetString() == "model.compressed.v1").GetProperty("records").GetInt64() == 2,
                TestContext.Current.CancellationToken);
            (await RunAsync(1, "models", "compress", "manoeuvre@1", "--profile", "gpu", "--data", Data)).ShouldContain("MESH9404");
            (await RunAsync(1, "models", "variants", "nobody", "--data", Data)).ShouldContain("MESH9405");
        }

        (await RunAsync(0, "models", "variants", "manoeuvre", "--plot", folder["plot.svg"], "--data", Data)).ShouldContain("cloud-ai-100");
        XDocument.Load(folder["plot.svg"]).Root!.Name.LocalName.ShouldBe("svg");
        (await MeshProcess.RunAsync("models", "compress", "manoeuvre", "--profile", "cloud-ai-100", "--data", Data)).ExitCode.ShouldBeInRange(0, 1);
        var after = await VariantsAsync();
        after.GetProperty("compressions")[0].GetProperty("compression_id").GetString().ShouldBe("manoeuvre@1/3");
        after.GetProperty("compressions")[0].GetProperty("state").GetString().ShouldBe("done");
    }

    private Task<JsonElement> VariantsAsync() => MeshProcess.RunJsonAsync("models", "variants", "manoeuvre", "--json", "--data", Data);

    private static async Task<string> RunAsync(int expected, params string[] arguments)
    {
        var (exitCode, output, errors) = await MeshProcess.RunAsync(arguments);
        exitCode.ShouldBe(expected, output + errors);
        return output + errors;
    }
}

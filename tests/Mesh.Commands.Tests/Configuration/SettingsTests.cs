using Mesh.Commands.Configuration;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Configuration;

public sealed class SettingsTests : IDisposable
{
    private static readonly Dictionary<string, string> NoEnvironment = [];
    private static readonly Dictionary<SettingKey, (string, string)> NoFlags = [];
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_flag_wins_over_the_environment_that_over_the_file_that_over_the_default()
    {
        string file = Write("kafka:\n  port: 1\nhttp:\n  port: 1\nupload:\n  maxBytes: 1GiB\n");
        var environment = new Dictionary<string, string> { ["MESH_KAFKA__PORT"] = "2", ["MESH_HTTP__PORT"] = "2" };
        var flags = new Dictionary<SettingKey, (string, string)> { [SettingKeys.KafkaPort] = ("--kafka-port", "3") };

        var settings = Settings.Read(flags, environment, file);

        settings.Port(SettingKeys.KafkaPort).ShouldBe(3);
        settings.Port(SettingKeys.HttpPort).ShouldBe(2);
        settings.Bytes(SettingKeys.UploadMaxBytes).ShouldBe(1L << 30);
        settings.Port(SettingKeys.SchemaRegistryPort).ShouldBe(8081);
        settings[SettingKeys.KafkaPort].Source.ShouldBe("--kafka-port");
        settings[SettingKeys.HttpPort].Source.ShouldBe("MESH_HTTP__PORT");
        settings[SettingKeys.UploadMaxBytes].Source.ShouldBe($"{file}:6");
        settings[SettingKeys.SchemaRegistryPort].Source.ShouldBe("default");
    }

    [Fact]
    public void An_unknown_key_is_refused_with_its_line_and_the_closest_one()
    {
        var exception = Should.Throw<MeshException>(() => Settings.Read(NoFlags, NoEnvironment, Write("kafka:\n  prot: 9092\n")));

        exception.Code.ShouldBe("MESH11003");
        exception.Message.ShouldContain(":2");
        exception.Message.ShouldContain("kafka.port");
    }

    [Theory]
    [InlineData("70000")]
    [InlineData("nine")]
    public void A_value_out_of_range_names_the_setting_and_its_source(string text)
    {
        var settings = Settings.Read(NoFlags, new Dictionary<string, string> { ["MESH_KAFKA__PORT"] = text }, Write(""));

        var exception = Should.Throw<MeshException>(() => settings.Port(SettingKeys.KafkaPort));

        exception.Code.ShouldBe("MESH11001");
        exception.Message.ShouldContain("kafka.port");
        exception.Message.ShouldContain("MESH_KAFKA__PORT");
    }

    [Fact]
    public void The_stages_of_a_server_are_words_separated_by_commas_and_all_of_them_by_default()
    {
        Stages([]).ShouldBe(ServerStages.All);
        Stages(new() { ["MESH_STAGES"] = "ingest, Catalogue" }).ShouldBe(ServerStages.Ingest | ServerStages.Catalogue);
        foreach (string wrong in new[] { "ingest,cataloge", "3", "" })
        {
            var exception = Should.Throw<MeshException>(() => Stages(new() { ["MESH_STAGES"] = wrong }));
            exception.Code.ShouldBe("MESH11001");
            exception.Message.ShouldContain("MESH_STAGES");
            exception.Message.ShouldContain("upload, ingest, catalogue");
        }

        ServerStages Stages(Dictionary<string, string> environment) => Settings.Read(NoFlags, environment, Write("")).Choices<ServerStages>(SettingKeys.Stages);
    }

    [Fact]
    public void Variables_of_other_purposes_are_left_alone() => Settings
        .Read(NoFlags, new Dictionary<string, string> { ["MESH_SERVER"] = "x", ["MESH_TESTS"] = "fast", ["PATH"] = "/bin" }, Write(""))
        .All.ShouldAllBe(value => value.Source == "default");

    [Fact]
    public void A_file_that_is_named_but_absent_is_an_error() =>
        Should.Throw<MeshException>(() => Settings.Read(NoFlags, NoEnvironment, folder["absent.yaml"])).Code.ShouldBe("MESH11002");

    private string Write(string yaml)
    {
        string path = folder["mesh.yaml"];
        File.WriteAllText(path, yaml);
        return path;
    }
}

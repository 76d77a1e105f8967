using Mesh.Commands.Configuration;

namespace Mesh.Commands.Tests.Configuration;

public class ShownSettingTests
{
    private const string Hidden = "Tr0ub4dor";

    [Theory]
    [InlineData("MESH_HTTP__TOKEN", Hidden)]
    [InlineData("MESH_PRIVACY__VINKEY", Hidden)]
    [InlineData("MESH_STORAGE__ACCESSKEY", Hidden)]
    [InlineData("MESH_STORAGE__SECRETKEY", Hidden)]
    [InlineData("MESH_KAFKA__PASSWORD", Hidden)]
    [InlineData("MESH_SCHEMAREGISTRY__PASSWORD", Hidden)]
    [InlineData("MESH_TELEMETRY__OTLPHEADERS", "api-key=" + Hidden)]
    [InlineData("MESH_KAFKA__CLIENT__SSL.KEY.PASSWORD", Hidden)]
    [InlineData("MESH_KAFKA__CLIENT__SASL.OAUTHBEARER.CLIENT.SECRET", Hidden)]
    [InlineData("MESH_SCHEMAREGISTRY__URL", "https://user:" + Hidden + "@registry:8081")]
    [InlineData("MESH_CATALOGUE__CONNECTION", "Host=db;Database=mesh;Username=mesh;Password=" + Hidden)]
    [InlineData("MESH_CATALOGUE__CONNECTION", "postgres://mesh:" + Hidden + "@db/mesh")]
    public void A_secret_is_said_to_be_set_and_not_shown(string variable, string value)
    {
        var shown = ShownSetting.Of(Settings.Read(new Dictionary<SettingKey, (string, string)>(), new Dictionary<string, string> { [variable] = value }, null));

        shown.ShouldAllBe(setting => !setting.Value.Contains(Hidden));
        shown.Single(setting => setting.IsChanged).Value.ShouldNotBeEmpty();
        shown.Single(setting => setting.IsChanged).Source.ShouldBe(variable);
    }

    [Fact]
    public void Where_a_value_came_from_is_said_to_the_line()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("mesh-config").FullName, "mesh.yaml");
        File.WriteAllText(file, "http:\n  port: 8500\nkafka:\n  port: 9300\n");

        var shown = ShownSetting.Of(Settings.Read(new Dictionary<SettingKey, (string, string)> { [SettingKeys.LogLevel] = ("--log-level", "debug") }, new Dictionary<string, string> { ["MESH_KAFKA__PORT"] = "9400" }, file))
            .ToDictionary(setting => setting.Name);

        (shown["http.port"].Value, shown["http.port"].Source, shown["http.port"].Default).ShouldBe(("8500", $"{file}:2", "8480"));
        (shown["kafka.port"].Value, shown["kafka.port"].Source).ShouldBe(("9400", "MESH_KAFKA__PORT"));
        (shown["log.level"].Value, shown["log.level"].Source).ShouldBe(("debug", "--log-level"));
        (shown["stages"].Source, shown["stages"].IsChanged).ShouldBe(("default", false));
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }
}

using System.Text;
using Mesh.Formats;
using Mesh.Formats.Bus;
using Mesh.Model;

namespace Mesh.Fuzz.Targets;

/// <summary>DBC databases: parsed, and applied to a log of the frames that they describe.</summary>
public sealed class DbcTarget : FuzzTarget
{
    private const int MaxIds = 40;

    private const string Generated = """
        VERSION ""
        BU_: A B
        BO_ 256 Engine: 8 A
         SG_ Speed : 0|16@1+ (0.1,0) [0|6553] "km/h" B
         SG_ Mode M : 16|4@1+ (1,0) [0|15] "" B
         SG_ Torque m1 : 31|12@0- (0.5,-100) [-100|900] "Nm" B
         SG_ Heat m2 : 40|16@1- (1,0) [0|0] "" B
        BO_ 2566844926 EEC1: 8 A
         SG_ EngineSpeed : 24|16@1+ (0.125,0) [0|8031.875] "rpm" B
        CM_ SG_ 256 Speed "how fast";
        BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
        BA_DEF_DEF_ "VFrameFormat" "StandardCAN";
        BA_ "VFrameFormat" BO_ 2566844926 3;
        VAL_ 256 Mode 0 "off" 1 "torque" 2 "heat";
        SG_MUL_VAL_ 256 Torque Mode 1-1, 4-7;
        """;

    /// <inheritdoc/>
    public override string Name => "dbc";

    /// <inheritdoc/>
    public override Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<FuzzSample>>([.. Corpus.Find(100_000, ".dbc"), new FuzzSample("generated.dbc", Encoding.UTF8.GetBytes(Generated))]);

    /// <inheritdoc/>
    public override async Task<bool> RunAsync(FuzzSample input, Random random, CancellationToken cancellationToken)
    {
        BusDatabase database;
        try
        {
            database = BusDatabase.Parse(input.Name, input.Bytes);
        }
        catch (MeshException)
        {
            return false;
        }

        uint[] ids = [.. database.Messages.Select(message => message.IsExtended ? message.Id | 0x8000_0000 : message.Id).Distinct().Take(MaxIds)];
        var log = GeneratedSamples.Asc(ids);
        var options = RecordingExercise.Limits with { Databases = [new BusDatabaseBinding(database, null)] };
        foreach (bool raw in (bool[])[false, true])
        {
            await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(log.Bytes, log.Name), options, cancellationToken);
            var columns = new RecordingColumns(reader, new RecordingColumnsOptions { Messages = new() { RawValues = raw } });
            long rows = 0;
            await foreach (var batch in columns.ReadAsync(cancellationToken))
            {
                rows += batch.Fields.Length;
                ColumnCheck.Check(batch.Fields);
            }

            if (rows + columns.Undecoded.Sum(entry => entry.Count) != columns.Messages) throw new FuzzException($"conservation: {columns.Messages} messages, {rows} rows");
        }

        return true;
    }
}

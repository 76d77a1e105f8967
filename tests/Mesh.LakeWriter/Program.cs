using System.Globalization;
using Mesh.LakeWriter;
using Mesh.Model;

// A process that tests kill: it works on one table until it is told to stop by its standard input ending, or dies.
// Mesh.LakeWriter append NUMBER FIRST | compact SEED | expire SEED    with the places in MESH_LAKE_* variables.
if (args.Length < 2) return 2;
using var stop = new CancellationTokenSource();

// Not Console.In, whose asynchronous methods hold up the caller.
using var standardInput = new StreamReader(Console.OpenStandardInput());
var input = standardInput.ReadToEndAsync().ContinueWith(_ => stop.Cancel(), TaskScheduler.Default);
await using var lake = await WriterLake.OpenAsync(CancellationToken.None);
try
{
    switch (args[0])
    {
        case "append":
            await Appending.RunAsync(lake, int.Parse(args[1], CultureInfo.InvariantCulture), int.Parse(args[2], CultureInfo.InvariantCulture), stop.Token);
            break;
        case "compact":
            await Maintaining.CompactAsync(lake, stop.Token);
            break;
        case "expire":
            await Maintaining.ExpireAsync(lake, stop.Token);
            break;
        default:
            return 2;
    }
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
}
catch (MeshException exception)
{
    await Console.Error.WriteLineAsync($"{exception.Code}: {exception.Message}");
    return 1;
}

await input;
return 0;

using System.Globalization;
using Mesh.Fuzz;
using Mesh.Testing;

// mesh-fuzz [--minutes N] [--format NAME] [--seed N] [--at INPUT]
double minutes = 30;
int? at = null;
string? format = null;
var options = new FuzzOptions { FindingsFolder = Path.Combine(Repository.Root, "fuzz-findings") };
for (int i = 0; i + 1 < args.Length; i += 2)
{
    string value = args[i + 1];
    switch (args[i])
    {
        case "--minutes": minutes = double.Parse(value, CultureInfo.InvariantCulture); break;
        case "--format": format = value; break;
        case "--seed": options = options with { Seed = int.Parse(value, CultureInfo.InvariantCulture) }; break;
        case "--at": at = int.Parse(value, CultureInfo.InvariantCulture); break;
        default: return Usage();
    }
}

var targets = FuzzTargets.All.Where(target => format is null || target.Name == format).ToArray();
if (args.Length % 2 != 0 || targets.Length == 0 || (at is not null && format is null)) return Usage();
options = at is { } one ? options with { First = one, MaxInputs = 1 } : options with { Duration = TimeSpan.FromMinutes(minutes / targets.Length) };
if (TestData.Root is null) Console.WriteLine("MESH_TEST_DATA is not set: only generated files are mutated");

bool isSound = true;
foreach (var target in targets)
{
    var report = new FuzzRunner(target, options).Run(CancellationToken.None);
    foreach (var finding in report.Findings) Console.WriteLine(finding.Short);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Format}: {report.Inputs} inputs, {report.Accepted} accepted, {report.Failures} failed in {report.Findings.Count} ways; most allocated {report.MostAllocatedBytes.Bytes >> 20} MiB (--at {report.MostAllocatedBytes.Input}), longest {report.LongestCpu.Time.TotalSeconds:0.0} s of processor time (--at {report.LongestCpu.Input})"));
    isSound &= report.Findings.Count == 0;
    if (report.IsAborted) break;
}

// An input that cannot be stopped would keep the process alive.
Environment.Exit(isSound ? 0 : 1);
return 0;

static int Usage()
{
    Console.Error.WriteLine($"usage: dotnet run -c Release --project tests/Mesh.Fuzz -- [--minutes N] [--format {string.Join('|', FuzzTargets.All.Select(target => target.Name))}] [--seed N] [--at INPUT]");
    return 2;
}

# Dot-sourced by the wrappers: finds Python 3.11 or newer and lets bootstrap.py make `.venv` what a lock says.
# Written for Windows PowerShell 5.1 and PowerShell 7 alike.

function Find-Python {
    $probe = 'import sys; sys.exit(sys.version_info < (3, 11))'
    $candidates = @(@('py', '-3'), @('python3'), @('python'), @('py', '-3.14'), @('py', '-3.13'), @('py', '-3.12'), @('py', '-3.11'))
    foreach ($candidate in $candidates) {
        if (-not (Get-Command $candidate[0] -ErrorAction SilentlyContinue)) { continue }
        $before = @($candidate | Select-Object -Skip 1)
        & $candidate[0] @before -c $probe 2>$null | Out-Null
        if ($LASTEXITCODE -eq 0) { return $candidate }
    }
}

# Returns the folder of the environment's programs, or ends the wrapper with the reason.
function Initialize-Environment {
    param([string] $Root, [string] $Lock)
    $bootstrap = Join-Path $Root 'scripts/bootstrap.py'
    $tools = Join-Path $Root '.venv/bin'
    if ($env:OS -eq 'Windows_NT') { $tools = Join-Path $Root '.venv/Scripts' }
    $python = Join-Path $tools 'python'
    if (Get-Command $python -ErrorAction SilentlyContinue) {
        & $python -I -S $bootstrap --check $Lock | Out-Null
        if ($LASTEXITCODE -eq 0) { return $tools }
    }
    $found = @(Find-Python)
    if ($found.Count -eq 0) {
        [Console]::Error.WriteLine('error: no Python 3.11 or newer was found')
        [Console]::Error.WriteLine('why:   neither py, python3 nor python starts one')
        [Console]::Error.WriteLine('fix:   install Python 3.11 or newer and tick "Add python.exe to PATH"')
        exit 4
    }
    $before = @($found | Select-Object -Skip 1)
    & $found[0] @before $bootstrap $Lock | Out-Null
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
    return $tools
}

# Runs `invoke` with these words in the checkout, and ends the wrapper with its exit code.
function Invoke-Task {
    param([string] $Root, [string[]] $Words)
    $tools = Initialize-Environment -Root $Root -Lock 'ops'
    Push-Location $Root
    try { & (Join-Path $tools 'invoke') @Words } finally { Pop-Location }
    exit $LASTEXITCODE
}

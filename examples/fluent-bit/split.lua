function split(tag, time, record)
    local rows = record.alerts
    rows[#rows + 1] = record.status
    return 2, time, rows
end
